#include "table/change_set.h"

#include <utility>

namespace icefall {

bool ChangeSet::empty() const {
  return added_fragments.empty() && removed_fragments.empty() && deleted_rows.empty() &&
         new_statistics.empty() && added_inline.empty() && deleted_inline.empty() &&
         !inline_floor.has_value() && schema == nullptr && other_schemas.empty() &&
         !partition_spec.has_value() && other_partition_specs.empty() && !sort_order.has_value() &&
         properties.empty();
}

Snapshot EmptySnapshot(std::string table_uuid, Schema schema) {
  Snapshot snapshot;
  snapshot.table_uuid = std::move(table_uuid);
  snapshot.last_field_id = LastFieldId(schema);
  snapshot.schema = std::make_shared<const Schema>(std::move(schema));
  snapshot.schemas[snapshot.schema->id] = snapshot.schema;
  snapshot.partition_specs.emplace_back();  // spec 0: unpartitioned
  return snapshot;
}

}  // namespace icefall
