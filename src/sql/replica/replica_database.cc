#include "sql/replica/replica_database.h"

#include <atomic>

#include "duckdb/main/database.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include <fmt/format.h>

namespace icefall {

ReplicaDatabase OpenReplicaDatabase(duckdb::ClientContext& context, const std::string& path,
                                    duckdb::AccessMode access) {
  // A transaction takes two databases of one name for an error. Nobody can write this one in SQL,
  // because it is not UTF-8.
  static std::atomic<uint64_t> counter = 0;
  duckdb::AttachInfo info;
  info.name = fmt::format("\x80icefall_replica_{}", ++counter);
  info.path = path;
  duckdb::AttachOptions options(duckdb::unordered_map<duckdb::string, duckdb::Value>(), access);
  options.visibility = duckdb::AttachVisibility::HIDDEN;
  options.recovery_mode = duckdb::RecoveryMode::NO_WAL_WRITES;
  auto database = context.db->CreateAttachedDatabase(context, info, options);
  database->Initialize(context);
  database->FinalizeLoad(context);
  return database;
}

}  // namespace icefall
