#include "log/icefall/icefall_table_log.h"

#include <fmt/format.h>

#include "log/icefall/log_remains.h"
#include "log/icefall/next_line.h"
#include "log/icefall/state_log.h"
#include "log/icefall/table_codec.h"
#include "table/plain_change.h"

namespace icefall {
namespace {

class IcefallTableLog : public TableLog {
 public:
  explicit IcefallTableLog(const TableLogContext& context)
      : store_(context.store),
        segment_size_bytes_max_(context.segment_size_bytes_max),
        log_(context.store, context.directory, context.outcomes,
             TableCodec(context.store, context.clock, context.directory, context.table_uuid),
             context.hints) {}

  Result<SnapshotPointer> Refresh(DatabaseSequence limit, const SettledUntil& settled) override {
    return StateOf(log_.Refresh({.limit = limit, .settled = settled}));
  }

  Result<SnapshotPointer> RefreshToCommit(const SettledUntil& settled) override {
    return StateOf(log_.Refresh({.may_commit = true, .settled = settled}));
  }

  SnapshotPointer Head() const override { return log_.loaded() ? log_.Head().state : nullptr; }

  Result<SnapshotPointer> At(Sequence sequence) override {
    auto found = StateOf(
        log_.Find([sequence](const LogCursor& cursor) { return cursor.sequence <= sequence; }));
    if (found && (*found)->sequence != sequence) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("log '{}': no commit {}, the newest is {}", log_.directory(),
                              sequence.value, (*found)->sequence.value));
    }
    return found;
  }

  Result<SnapshotPointer> AsOf(DatabaseSequence sequence) override {
    return StateOf(log_.Find(
        [sequence](const LogCursor& cursor) { return cursor.database_sequence <= sequence; }));
  }

  Result<SnapshotPointer> AsOfTime(TimestampMicros time) override {
    return StateOf(
        log_.Find([time](const LogCursor& cursor) { return cursor.committed_at <= time; }));
  }

  Result<void> ForEachCommit(DatabaseSequence last,
                             const std::function<void(const CommitRecord&)>& visit) override {
    return log_.ForEach(
        [last](const LogCursor& cursor) { return cursor.database_sequence <= last; },
        [&](const Log::Entry& entry) -> Result<void> {
          if (!entry.aborted) visit({entry.state, entry.summary});
          return {};
        });
  }

  Result<std::vector<SequencedChange>> ChangesAfter(Sequence after) override {
    ICEFALL_ASSIGN_OR_RETURN(const auto entries, log_.EntriesAfter(after));
    std::vector<SequencedChange> changes;
    for (const auto& entry : entries) {
      if (!entry.aborted) changes.emplace_back(entry.cursor.sequence, entry.change);
    }
    return changes;
  }

  Result<EncodedCommit> Encode(const ChangeSet& change, const CommitPlace& place,
                               const std::optional<TransactionMark>& mark,
                               const Snapshot* applied) override {
    const Log::Entry head = log_.Head();
    return EncodeAfter(head.cursor, {.base = head.state.get(), .applied = applied}, change, place,
                       mark);
  }

  Result<EncodedCommit> EncodeFirst(const Snapshot& initial, const ChangeSet& change,
                                    const CommitPlace& place) override {
    return EncodeAfter(LogCursor(), {.base = &initial, .is_first = true}, change, place,
                       std::nullopt);
  }

  void Stage(const EncodedCommit& commit) override {
    Log::Entry entry;
    entry.state = commit.after;
    entry.change = commit.change;
    entry.summary = commit.change->summary;
    entry.size_bytes = commit.entry.bytes.size();
    const Snapshot& after = *commit.after;
    entry.cursor = {*ParseSegmentKey(commit.entry.key),
                    commit.entry.offset + commit.entry.bytes.size(),
                    after.sequence,
                    after.hash,
                    after.database_sequence,
                    after.committed_at};
    log_.Stage(std::move(entry));
  }
  void Publish() override { log_.Publish(); }
  void Discard() override { log_.Discard(); }

  std::optional<LogTail> TailAfter(DatabaseSequence durable) const override {
    return log_.TailAfter(durable);
  }

  Result<LogRemains> Remains(DatabaseSequence durable) override {
    return ReadRemains(store_, log_.directory(), durable);
  }

  Result<bool> IsKept(Sequence sequence) override {
    ICEFALL_ASSIGN_OR_RETURN(const auto kept, OldestKept(store_, log_.directory()));
    return !kept || sequence >= *kept;
  }
  Result<void> KeepFrom(Sequence oldest) override { return log_.KeepFrom(oldest); }

  ManifestDebt manifest_debt() const override { return log_.manifest_debt(); }
  Result<void> FindManifest() override { return log_.FindManifest(); }
  Result<void> WriteManifest(DatabaseSequence durable) override {
    return log_.WriteManifest(durable);
  }

 private:
  using Log = StateLog<TableCodec>;

  static Result<SnapshotPointer> StateOf(Result<Log::Entry> entry) {
    if (!entry) return Fail(std::move(entry).error());
    return entry->state;
  }

  // The states around a change.
  struct States {
    const Snapshot* base;
    const Snapshot* applied = nullptr;  // null: not known
    bool is_first = false;              // `base` is to be stored, too
  };

  Result<EncodedCommit> EncodeAfter(const LogCursor& head, const States& states,
                                    const ChangeSet& change, const CommitPlace& place,
                                    const std::optional<TransactionMark>& mark) {
    CommitLine line;
    line.operation = change.operation;
    line.summary = change.summary;
    line.transaction = mark;
    ICEFALL_ASSIGN_OR_RETURN(
        line.changes, log_.codec().EncodeChanges(states.is_first ? states.base : nullptr, change));
    ICEFALL_ASSIGN_OR_RETURN(NextLine next, EncodeNextLine(log_.directory(), head, place,
                                                           segment_size_bytes_max_, line));
    const CommitInfo info{.sequence = line.sequence,
                          .database_sequence = line.database_sequence,
                          .committed_at = line.committed_at,
                          .parent_hash = line.parent_hash,
                          .hash = line.hash};
    ICEFALL_ASSIGN_OR_RETURN(Snapshot after,
                             states.applied != nullptr
                                 ? Result<Snapshot>(WithCommitInfo(*states.applied, info))
                                 : Apply(*states.base, change, info));
    return EncodedCommit{std::move(next.entry), std::make_shared<const Snapshot>(std::move(after)),
                         std::make_shared<const ChangeSet>(change)};
  }

  ObjectStore& store_;
  const uint64_t segment_size_bytes_max_;
  Log log_;
};

}  // namespace

std::unique_ptr<TableLog> MakeIcefallTableLog(TableLogContext context) {
  return std::make_unique<IcefallTableLog>(context);
}

}  // namespace icefall
