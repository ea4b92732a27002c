// How a table's states and changes are stored in its log: the Codec of StateLog.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "log/icefall/change_json.h"
#include "log/icefall/manifest.h"

namespace icefall {

// Moves with the log that owns it; safe for concurrent calls.
class TableCodec {
 public:
  using State = Snapshot;
  using Change = ChangeSet;
  static constexpr std::string_view kKind = "table";
  struct Step {
    SnapshotPointer state;
    std::shared_ptr<const ChangeSet> change;
  };

  TableCodec(ObjectStore& store, Clock& clock, std::string directory, std::string table_uuid)
      : deletions_(std::make_unique<DeletionFiles>(store, clock, std::move(directory))),
        table_uuid_(std::move(table_uuid)) {}

  // The state after a line; `parent` is null before the first. Error: kCorruption.
  Result<Step> Apply(const Snapshot* parent, const VerifiedLine& line);

  Result<SnapshotPointer> Decode(const Manifest& manifest);
  Result<Manifest> Encode(const Snapshot& snapshot);

  // True when both say the same about the table's rows and columns.
  static bool Same(const Snapshot& a, const Snapshot& b);

  // "changes" of a commit line. `initial`: of a first commit, null otherwise.
  Result<Json> EncodeChanges(const Snapshot* initial, const ChangeSet& change);

 private:
  Result<void> CheckUuid(const Snapshot& snapshot) const;

  std::unique_ptr<DeletionFiles> deletions_;
  std::string table_uuid_;
};

}  // namespace icefall
