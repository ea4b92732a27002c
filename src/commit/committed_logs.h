// The lines of all logs that commit objects hold, as far as they were read.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "commit/commit_object.h"

namespace icefall {

// Of each log the lines from some first one to the newest, without gaps. Not thread-safe.
class CommittedLogs {
 public:
  // Adds the next line of its log. Error: kCorruption when it is not the next one.
  Result<void> Add(const CommittedLine& line);
  // What a head object says of a log that has no lines here yet.
  void AddHead(const LogHead& head);

  // 0: there is no such log.
  Sequence Newest(std::string_view log) const;
  // The oldest line here. Precondition: the log has lines here.
  Sequence First(std::string_view log) const;
  // Null: not at hand. Precondition: First <= sequence <= Newest.
  const CommittedLine& Line(std::string_view log, Sequence sequence) const;
  void ForEachLog(const std::function<void(const std::string& log)>& visit) const;

  // Keeps the text of a line that is here without.
  void Fill(const CommittedLine& line);
  // Puts lines before the first; of those that are not older nothing is taken. Precondition:
  // ascending, without gaps, up to at least the one before the first.
  void Prepend(const std::string& log, const std::vector<CommittedLine>& lines);
  // Forgets texts of lines before the log's newest manifest whose commit is before `oldest`.
  void ForgetTexts(DatabaseSequence oldest);

  // Manifests that are known to be stored; older ones than known change nothing. Null text: none
  // to repeat.
  void NoteManifest(std::string_view log, Sequence sequence,
                    std::shared_ptr<const std::string> text);
  void ForgetManifest(std::string_view log, Sequence sequence);
  std::shared_ptr<const std::string> ManifestText(std::string_view log, Sequence sequence) const;
  // See ManifestHints.
  std::optional<Sequence> NewestManifest(std::string_view log) const;

  // All logs, with what a reader needs to reach their newest states; texts of at most about
  // `text_bytes_max` bytes in all, the logs that changed last first.
  std::vector<LogHead> Heads(uint64_t text_bytes_max) const;

 private:
  struct Log {
    Sequence first;
    std::vector<CommittedLine> lines;
    std::optional<Sequence> manifest;
    std::shared_ptr<const std::string> manifest_text;

    Sequence newest() const { return Sequence(first.value + lines.size() - 1); }
    bool Reaches(Sequence sequence) const { return first <= sequence && sequence <= newest(); }
  };
  const Log* Find(std::string_view log) const;

  std::map<std::string, Log, std::less<>> logs_;  // none without lines
};

}  // namespace icefall
