#include "maintenance/purge.h"

#include <fmt/format.h>

#include "maintenance/dropped_files.h"

namespace icefall {

Result<PurgePlan> PlanPurge(Database& database, const ObjectName& table) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  const auto object = catalog->Find(ObjectKind::kTable, table);
  if (!object) return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", table.name));
  return PurgePlan{object->directory};
}

Result<uint64_t> Purge(Database& database, const PurgePlan& plan) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  for (const auto& table : catalog->Tables()) {
    if (table->directory != plan.directory) continue;
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} still belongs to table '{}'", plan.directory, table->name.name));
  }
  ObjectStore& store = database.store();
  ICEFALL_ASSIGN_OR_RETURN(const DroppedFiles dropped, ListDropped(store, plan.directory));
  if (!dropped.has_mark) ICEFALL_RETURN_IF_ERROR(MarkDropped(store, plan.directory));
  for (const ObjectInfo& file : dropped.files) ICEFALL_RETURN_IF_ERROR(store.Delete(file.key));
  return dropped.files.size();
}

}  // namespace icefall
