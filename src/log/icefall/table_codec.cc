#include "log/icefall/table_codec.h"

#include <algorithm>

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr std::string_view kAbortedOperation = "aborted";

bool SameVector(const std::shared_ptr<const DeletionVector>& a,
                const std::shared_ptr<const DeletionVector>& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

bool SameFragment(const Fragment& a, const Fragment& b) {
  return a.id == b.id && a.path == b.path && a.row_count == b.row_count &&
         a.size_bytes == b.size_bytes && a.sha256 == b.sha256 && a.schema == b.schema &&
         a.first_row_id == b.first_row_id && a.has_row_ids == b.has_row_ids &&
         a.added_at == b.added_at && a.partition_spec == b.partition_spec &&
         a.partition_values == b.partition_values && a.statistics == b.statistics &&
         a.deletes_version == b.deletes_version && SameVector(a.deletes, b.deletes);
}

bool SameBatch(const InlineBatch& a, const InlineBatch& b) {
  return a.first_position == b.first_position && a.row_count == b.row_count &&
         a.added_at == b.added_at && a.schema == b.schema && a.fields == b.fields &&
         a.rows == b.rows && a.first_row_id == b.first_row_id && a.row_ids == b.row_ids;
}

bool SameInlineRows(const InlineRows& a, const InlineRows& b) {
  return a.floor == b.floor && a.next_position == b.next_position &&
         a.deletes_version == b.deletes_version && SameVector(a.deletes, b.deletes) &&
         std::ranges::equal(a.batches, b.batches,
                            [](const auto& x, const auto& y) { return SameBatch(*x, *y); });
}

}  // namespace

Result<void> TableCodec::CheckUuid(const Snapshot& snapshot) const {
  if (snapshot.table_uuid == table_uuid_) return {};
  return Fail(ErrorCode::kCorruption, fmt::format("expected the log of table {}, found that of {}",
                                                  table_uuid_, snapshot.table_uuid));
}

Result<TableCodec::Step> TableCodec::Apply(const Snapshot* parent, const VerifiedLine& verified) {
  const CommitLine& line = verified.line;
  DecodeStatus status;
  Snapshot initial;
  const Snapshot* base = parent;
  if (parent == nullptr) {
    const JsonFields changes(line.changes, "changes", status);
    initial = DecodeState(changes.Object("table"), *deletions_, status);
    if (!status.ok()) return status.Take();
    ICEFALL_RETURN_IF_ERROR(CheckUuid(initial));
    base = &initial;
  }
  auto change = std::make_shared<ChangeSet>();
  if (verified.aborted) {
    change->operation = kAbortedOperation;
  } else {
    *change = DecodeChange(line.changes, *base, *deletions_, status);
    if (!status.ok()) return status.Take();
    change->operation = line.operation;
  }
  change->summary = line.summary;
  ICEFALL_ASSIGN_OR_RETURN(Snapshot next,
                           icefall::Apply(*base, *change,
                                          {.sequence = line.sequence,
                                           .database_sequence = line.database_sequence,
                                           .committed_at = line.committed_at,
                                           .parent_hash = line.parent_hash,
                                           .hash = line.hash}));
  return Step{std::make_shared<const Snapshot>(std::move(next)), std::move(change)};
}

Result<SnapshotPointer> TableCodec::Decode(const Manifest& manifest) {
  DecodeStatus status;
  Snapshot snapshot = DecodeState(manifest.state, *deletions_, status);
  if (!status.ok()) {
    return Fail(status.Take().error().WithContext(
        fmt::format("manifest of sequence {}", manifest.cursor.sequence.value)));
  }
  ICEFALL_RETURN_IF_ERROR(CheckUuid(snapshot));
  snapshot.sequence = manifest.cursor.sequence;
  snapshot.database_sequence = manifest.cursor.database_sequence;
  snapshot.committed_at = manifest.cursor.committed_at;
  snapshot.hash = manifest.cursor.hash;
  snapshot.parent_hash = manifest.parent_hash;
  snapshot.operation = manifest.operation;
  return std::make_shared<const Snapshot>(std::move(snapshot));
}

Result<Manifest> TableCodec::Encode(const Snapshot& snapshot) {
  Manifest manifest;
  manifest.kind = kKind;
  manifest.parent_hash = snapshot.parent_hash;
  manifest.operation = snapshot.operation;
  ICEFALL_ASSIGN_OR_RETURN(manifest.state, EncodeState(snapshot, *deletions_));
  return manifest;
}

bool TableCodec::Same(const Snapshot& a, const Snapshot& b) {
  const auto same_schema = [](const auto& x, const auto& y) {
    return x.first == y.first && *x.second == *y.second;
  };
  if (a.table_uuid != b.table_uuid || *a.schema != *b.schema ||
      !std::ranges::equal(a.schemas, b.schemas, same_schema) ||
      a.last_field_id != b.last_field_id || a.partition_specs != b.partition_specs ||
      a.partition_spec != b.partition_spec || a.sort_order != b.sort_order ||
      a.properties != b.properties || a.next_fragment_id != b.next_fragment_id ||
      a.next_row_id != b.next_row_id || a.live_row_count != b.live_row_count ||
      !SameInlineRows(a.inline_rows, b.inline_rows) || a.fragments.size() != b.fragments.size()) {
    return false;
  }
  bool same = true;
  FragmentSet::Diff(a.fragments, b.fragments,
                    [&](const FragmentPointer& x, const FragmentPointer& y) {
                      same = same && x != nullptr && y != nullptr && SameFragment(*x, *y);
                    });
  return same;
}

Result<Json> TableCodec::EncodeChanges(const Snapshot* initial, const ChangeSet& change) {
  Json json = NewObject();
  if (initial != nullptr) {
    ICEFALL_ASSIGN_OR_RETURN(json["table"], EncodeState(*initial, *deletions_));
  }
  return EncodeChange(change, *deletions_, std::move(json));
}

}  // namespace icefall
