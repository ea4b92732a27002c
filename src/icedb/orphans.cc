#include "icedb/orphans.h"

#include <utility>

namespace icefall::icedb {

Result<std::vector<ObjectInfo>> FindOrphans(Table& table, int64_t age_ms_min) {
  // An operation that was left behind may name files that its log will.
  ICEFALL_RETURN_IF_ERROR(table.FinishMaintenance());
  // The files first: what is in the log by then is in the state that is read after.
  ListRequest request;
  request.prefix = DataFolder(table.place().data_prefix);
  ICEFALL_ASSIGN_OR_RETURN(auto objects, table.place().data->List(request));
  ICEFALL_ASSIGN_OR_RETURN(const StatePointer state, table.Read());
  const int64_t before_ms = table.NowMs() - age_ms_min;
  std::erase_if(objects, [&](const ObjectInfo& object) {
    // What others keep beside data files is theirs.
    return !object.key.ends_with(".parquet") || object.modified_at / 1000 > before_ms ||
           state->Find(object.key) != nullptr;
  });
  return objects;
}

Result<void> DeleteOrphans(Table& table, const std::vector<ObjectInfo>& orphans) {
  std::vector<ObjectKey> keys;
  for (const ObjectInfo& orphan : orphans) keys.push_back(orphan.key);
  return table.place().data->DeleteMany(keys);
}

}  // namespace icefall::icedb
