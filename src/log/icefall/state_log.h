// A log as a sequence of states: the newest ones kept in memory, any older one loaded from the
// manifest before it and the lines between.
//
// StateLog<Codec> does this for tables and for the catalog. A Codec has:
//   using State = …;   with sequence and database_sequence
//   using Change = …;  one line's change, decoded
//   static constexpr std::string_view kKind;  // of its manifests
//   struct Step { std::shared_ptr<const State> state; std::shared_ptr<const Change> change; };
//   Result<Step> Apply(const State* parent, const VerifiedLine& line);  // null: the first line
//   Result<std::shared_ptr<const State>> Decode(const Manifest& manifest);
//   Result<Manifest> Encode(const State& state);  // the cursor is filled in by the caller
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "log/icefall/file_names.h"
#include "log/icefall/manifest.h"
#include "log/manifest_hints.h"
#include "log/table_log.h"

namespace icefall {

// Thread-safe. Lends the store and the outcomes.
template <typename Codec>
class StateLog {
 public:
  using State = typename Codec::State;
  using StatePointer = std::shared_ptr<const State>;
  struct Entry {
    StatePointer state;
    std::shared_ptr<const typename Codec::Change> change;  // null for one loaded from a manifest
    LogCursor cursor;
    std::map<std::string, std::string> summary;
    uint64_t size_bytes = 0;
    bool aborted = false;
    bool has_outcome = false;  // part of a transaction over several logs
  };
  // Holds at or before the target, and not after it, in the order of the log.
  using Fits = std::function<bool(const LogCursor&)>;
  using EntryVisitor = std::function<Result<void>(const Entry&)>;

  // More of the past is loaded again when asked for.
  static constexpr size_t kEntriesMax = 64;
  // What changed before these, for transactions that began long ago: so many, of so many bytes.
  static constexpr size_t kChangesMax = 1024;
  static constexpr uint64_t kChangeBytesMax = 1 << 20;
  // States of the past that were loaded and are kept.
  static constexpr size_t kPastMax = 8;

  // `hints` are lent and may be null.
  StateLog(ObjectStore& store, std::string directory, TransactionOutcomes& outcomes, Codec codec,
           const ManifestHints* hints = nullptr)
      : store_(store),
        directory_(std::move(directory)),
        reader_(store, directory_, outcomes),
        codec_(std::move(codec)),
        hints_(hints) {}

  // Reads what was committed since the last call. Errors: kNotFound when there is no such log;
  // kCorruption; the store's.
  Result<Entry> Refresh(const ReadMode& mode);

  // The newest known, lines of the running commit included. Precondition: Refresh succeeded once.
  Entry Head() const;
  bool loaded() const;

  // The newest known state that fits. Older ones than are in memory are loaded: the manifest to
  // start from is searched by halves, and the lines from there to the target are read. Error:
  // kNotFound when none fits.
  Result<Entry> Find(const Fits& fits);

  // Every known commit from the first that is still there, in order, up to the first that does not
  // fit. The first may come from a manifest.
  Result<void> ForEach(const Fits& fits, const EntryVisitor& visit);

  // The entries after `after`, in order, up to Head; older ones may be without their states.
  Result<std::vector<Entry>> EntriesAfter(Sequence after);

  // A commit of the running group: appended, not yet durable. Publish makes all of them the known
  // ones; Discard forgets them. Only under the right to commit.
  void Stage(Entry entry);
  void Publish();
  void Discard();

  // The first place behind which lines of commits after `durable` stand that no outcome file
  // vouches for; absent when there are none, or they are not known any more.
  std::optional<LogTail> TailAfter(DatabaseSequence durable) const;

  ManifestDebt manifest_debt() const;

  // Looks for a manifest that another process has written behind the newest one known, from which
  // the debt counts then; of lines that are not in memory any more it is an estimate.
  Result<void> FindManifest();

  // Writes a manifest of the newest state whose database sequence is at most `durable`, unless
  // there is one. Lines that are not durable yet must not be reached by a durable manifest.
  Result<void> WriteManifest(DatabaseSequence durable);

  // Writes a manifest of the state at `oldest` and marks it as the oldest one: from then on nothing
  // before it is loaded. A mark at or after it stays. Error: kNotFound.
  Result<void> KeepFrom(Sequence oldest);

  const std::string& directory() const { return directory_; }
  Codec& codec() { return codec_; }

 private:
  struct Start {
    Entry entry;  // null state: before the first line
    uint64_t manifest_bytes = 0;
  };
  // A state that was loaded, and the commit after it, which ends it.
  struct Past {
    Entry entry;
    LogCursor next;
  };
  Result<Start> NewestStart(const Fits& fits);
  // Where a hint says that the newest state is near.
  std::optional<Start> HintedStart();
  Result<Start> StartWithoutManifest(const std::optional<Sequence>& oldest,
                                     const std::optional<Error>& damage);
  Result<Start> OldestStart();
  // Visits the states after `start` while they fit.
  Result<void> Replay(Entry start, const Fits& fits, const ReadMode& mode,
                      const EntryVisitor& visit, LogCursor* end = nullptr);
  Result<Entry> Load(const Fits& fits);
  Result<void> Open(const ReadMode& mode);
  void Add(Entry entry);  // to entries_
  void KeepChange(Entry entry);

  ObjectStore& store_;
  const std::string directory_;
  const LineReader reader_;
  Codec codec_;
  const ManifestHints* const hints_;

  mutable std::mutex mutex_;
  std::deque<Entry> entries_;  // guarded by mutex_, as are all below; ascending, the newest last
  std::deque<Entry> changes_;  // those before entries_, without their states
  uint64_t change_bytes_ = 0;
  std::deque<Entry> staged_;
  std::deque<Past> past_;  // the last loaded at the end
  LogCursor cursor_;       // where the next line goes, as read
  ManifestDebt debt_;
  Sequence manifest_;  // from which it counts
};

}  // namespace icefall

#include "log/icefall/state_log_commit_inl.h"
#include "log/icefall/state_log_inl.h"
#include "log/icefall/state_log_past_inl.h"
