#include "commit/commit_object.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "log/icefall/commit_line.h"
#include "log/icefall/json.h"

namespace icefall {
namespace {

constexpr std::string_view kExtension = ".jsonl";
constexpr size_t kDigits = 20;

// Cuts an object into its lines and counts them.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  // Newline included.
  Result<std::string_view> Next(std::string_view expected) {
    ++number_;
    const size_t newline = rest_.find('\n');
    if (newline == std::string_view::npos) {
      return Failed(fmt::format("expected {}, found {}", expected,
                                rest_.empty() ? "the end" : "a line without an end"));
    }
    const std::string_view line = rest_.substr(0, newline + 1);
    rest_.remove_prefix(newline + 1);
    return line;
  }

  Result<Json> NextJson(std::string_view expected) {
    ICEFALL_ASSIGN_OR_RETURN(const std::string_view line, Next(expected));
    auto json = ParseJson(line.substr(0, line.size() - 1));
    if (!json) return Failed(json.error().message());
    return json;
  }

  // Bytes that end a line.
  Result<std::string_view> Take(uint64_t size_bytes, std::string_view expected) {
    ++number_;
    if (size_bytes == 0 || size_bytes > rest_.size() || rest_[size_bytes - 1] != '\n') {
      return Failed(fmt::format("expected {} bytes of {}, which end a line, found {} bytes",
                                size_bytes, expected, rest_.size()));
    }
    const std::string_view bytes = rest_.substr(0, size_bytes);
    rest_.remove_prefix(size_bytes);
    return bytes;
  }

  std::unexpected<Error> Failed(std::string_view problem) const {
    return Fail(ErrorCode::kCorruption, fmt::format("part {}: {}", number_, problem));
  }

 private:
  std::string_view rest_;
  uint64_t number_ = 0;
};

std::shared_ptr<const std::string> Share(std::string_view text) {
  return std::make_shared<const std::string>(text);
}

Result<Json> DecodeHeader(Lines& lines) {
  ICEFALL_ASSIGN_OR_RETURN(Json json, lines.NextJson("a header"));
  DecodeStatus status;
  const uint64_t version = JsonFields(json, "header", status).Unsigned("format_version");
  if (!status.ok()) return status.Take();
  ICEFALL_RETURN_IF_ERROR(CheckFormatVersion(version));
  return json;
}

Result<void> AppendJson(const Json& json, std::string& text) {
  ICEFALL_ASSIGN_OR_RETURN(const std::string line, WriteJson(json));
  text += line;
  text += '\n';
  return {};
}

Result<LogHead> DecodeLogHead(Lines& lines) {
  ICEFALL_ASSIGN_OR_RETURN(const Json json, lines.NextJson("a log"));
  DecodeStatus status;
  const JsonFields fields(json, "log", status);
  LogHead head;
  head.log = fields.Text("log");
  head.newest = Sequence(fields.Unsigned("sequence"));
  if (fields.Has("manifest")) head.manifest = Sequence(fields.Unsigned("manifest"));
  const uint64_t manifest_size_bytes = fields.UnsignedOr("manifest_size_bytes", 0);
  const Json& commits = fields.Array("commits");
  const uint64_t text_count = fields.Unsigned("texts");
  if (status.ok() && (commits.size() > head.newest.value || text_count > commits.size())) {
    fields.FailAt("commits", "more than the log has");
  }
  if (status.ok() && head.manifest && *head.manifest > head.newest) {
    fields.FailAt("manifest", "after the newest line");
  }
  uint64_t sequence = head.newest.value - commits.size();
  for (const Json& commit : commits) {
    const DatabaseSequence number(ElementUnsigned(commit, "log.commits", status));
    head.lines.push_back({number, head.log, Sequence(++sequence), nullptr});
  }
  if (!status.ok()) return status.Take();
  if (manifest_size_bytes > 0) {
    ICEFALL_ASSIGN_OR_RETURN(const auto text, lines.Take(manifest_size_bytes, "a manifest"));
    head.manifest_text = Share(text);
  }
  for (size_t i = head.lines.size() - text_count; i < head.lines.size(); ++i) {
    ICEFALL_ASSIGN_OR_RETURN(const std::string_view text, lines.Next("a commit line"));
    head.lines[i].text = Share(text);
  }
  return head;
}

}  // namespace

ObjectKey CommitObjectKey(DatabaseSequence commit) {
  return fmt::format("{}{:020}{}", kCommitObjectPrefix, commit.value, kExtension);
}

std::optional<DatabaseSequence> ParseCommitObjectKey(std::string_view key) {
  if (!key.starts_with(kCommitObjectPrefix) || !key.ends_with(kExtension)) return std::nullopt;
  key.remove_prefix(kCommitObjectPrefix.size());
  key.remove_suffix(kExtension.size());
  uint64_t number = 0;
  const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), number);
  if (key.size() != kDigits || code != std::errc() || end != key.data() + key.size()) {
    return std::nullopt;
  }
  return DatabaseSequence(number);
}

Result<std::string> EncodeCommitObject(const CommitObject& object) {
  Json header = Json::object();
  header["format_version"] = kFormatVersion;
  header["id"] = object.id;
  header["first"] = object.first.value;
  header["last"] = object.last.value;
  header["head"] = object.head.value;
  header["committed_at"] = FormatTimestamp(object.committed_at);
  if (object.waited > 0) header["waited"] = object.waited;
  header["lines"] = object.lines.size();
  std::string text;
  ICEFALL_RETURN_IF_ERROR(AppendJson(header, text));
  for (const CommittedLine& line : object.lines) {
    Json place = Json::object();
    place["commit"] = line.commit.value;
    place["log"] = line.log;
    place["sequence"] = line.sequence.value;
    ICEFALL_RETURN_IF_ERROR(AppendJson(place, text));
    text += *line.text;
  }
  return text;
}

Result<CommitObject> DecodeCommitObject(std::string_view text) {
  Lines lines(text);
  ICEFALL_ASSIGN_OR_RETURN(const Json header, DecodeHeader(lines));
  DecodeStatus status;
  const JsonFields fields(header, "header", status);
  CommitObject object;
  object.id = fields.Text("id");
  object.first = DatabaseSequence(fields.Unsigned("first"));
  object.last = DatabaseSequence(fields.Unsigned("last"));
  object.head = DatabaseSequence(fields.UnsignedOr("head", 0));
  object.waited = fields.UnsignedOr("waited", 0);
  const uint64_t line_count = fields.Unsigned("lines");
  const auto time = ParseTimestamp(fields.Text("committed_at"));
  if (!time) fields.FailAt("committed_at", time.error().message());
  if (status.ok() && (object.first.value == 0 || object.first > object.last)) {
    fields.FailAt("first", fmt::format("expected 1 to {}", object.last.value));
  }
  if (!status.ok()) return status.Take();
  object.committed_at = *time;
  DatabaseSequence before = object.first;
  for (uint64_t i = 0; i < line_count; ++i) {
    ICEFALL_ASSIGN_OR_RETURN(const Json json, lines.NextJson("a place"));
    const JsonFields place(json, "place", status);
    CommittedLine line;
    line.commit = DatabaseSequence(place.Unsigned("commit"));
    line.log = place.Text("log");
    line.sequence = Sequence(place.Unsigned("sequence"));
    if (!status.ok()) return status.Take();
    if (line.commit < before || line.commit > object.last) {
      return lines.Failed(fmt::format("expected a commit from {} to {}, found {}", before.value,
                                      object.last.value, line.commit.value));
    }
    before = line.commit;
    ICEFALL_ASSIGN_OR_RETURN(const std::string_view bytes, lines.Next("a commit line"));
    line.text = Share(bytes);
    object.lines.push_back(std::move(line));
  }
  if (!lines.done()) return lines.Failed("expected the end");
  if (object.lines.empty() || object.lines.back().commit != object.last) {
    return lines.Failed(fmt::format("expected a line of commit {}", object.last.value));
  }
  return object;
}

Result<std::string> EncodeHeadObject(const HeadObject& head) {
  Json header = Json::object();
  header["format_version"] = kFormatVersion;
  header["last"] = head.last.value;
  header["committed_at"] = FormatTimestamp(head.committed_at);
  header["logs"] = head.logs.size();
  std::string text;
  ICEFALL_RETURN_IF_ERROR(AppendJson(header, text));
  for (const LogHead& log : head.logs) {
    size_t first_text = log.lines.size();
    while (first_text > 0 && log.lines[first_text - 1].text) --first_text;
    Json json = Json::object();
    json["log"] = log.log;
    json["sequence"] = log.newest.value;
    if (log.manifest) json["manifest"] = log.manifest->value;
    if (log.manifest_text) json["manifest_size_bytes"] = log.manifest_text->size();
    Json& commits = json["commits"] = Json::array();
    for (const CommittedLine& line : log.lines) commits.push_back(line.commit.value);
    json["texts"] = log.lines.size() - first_text;
    ICEFALL_RETURN_IF_ERROR(AppendJson(json, text));
    if (log.manifest_text) text += *log.manifest_text;
    for (size_t i = first_text; i < log.lines.size(); ++i) text += *log.lines[i].text;
  }
  return text;
}

Result<HeadObject> DecodeHeadObject(std::string_view text) {
  Lines lines(text);
  ICEFALL_ASSIGN_OR_RETURN(const Json header, DecodeHeader(lines));
  DecodeStatus status;
  const JsonFields fields(header, "header", status);
  HeadObject head;
  head.last = DatabaseSequence(fields.Unsigned("last"));
  const auto time = ParseTimestamp(fields.Text("committed_at"));
  if (!time) fields.FailAt("committed_at", time.error().message());
  const uint64_t log_count = fields.Unsigned("logs");
  if (!status.ok()) return status.Take();
  head.committed_at = *time;
  for (uint64_t i = 0; i < log_count; ++i) {
    ICEFALL_ASSIGN_OR_RETURN(LogHead log, DecodeLogHead(lines));
    head.logs.push_back(std::move(log));
  }
  if (!lines.done()) return lines.Failed("expected the end");
  return head;
}

}  // namespace icefall
