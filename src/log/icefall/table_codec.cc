#include "log/icefall/table_codec.h"

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr std::string_view kAbortedOperation = "aborted";

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

Result<Json> TableCodec::EncodeChanges(const Snapshot* initial, const ChangeSet& change) {
  Json json = Json::object();
  if (initial != nullptr) {
    ICEFALL_ASSIGN_OR_RETURN(json["table"], EncodeState(*initial, *deletions_));
  }
  ICEFALL_ASSIGN_OR_RETURN(const Json changes, EncodeChange(change, *deletions_));
  json.update(changes);
  return json;
}

}  // namespace icefall
