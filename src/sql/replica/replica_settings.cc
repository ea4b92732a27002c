#include "sql/replica/replica_settings.h"

#include "duckdb/main/config.hpp"

#include "sql/settings.h"

namespace icefall {
namespace {

constexpr const char* kReads = "icefall_replicas";
constexpr const char* kAtCommit = "icefall_replicate_at_commit";
constexpr const char* kRowsMin = "icefall_replica_rows_min";
constexpr const char* kMebibytes = "icefall_replicas_mib";
constexpr uint64_t kRowsMinDefault = 122'880;
constexpr uint64_t kMebibytesDefault = 10'240;

}  // namespace

void RegisterReplicaSettings(duckdb::DatabaseInstance& db) {
  auto& config = duckdb::DBConfig::GetConfig(db);
  config.AddExtensionOption(kReads, "whether replicas of data files are read",
                            duckdb::LogicalType::BOOLEAN, duckdb::Value::BOOLEAN(true));
  config.AddExtensionOption(kAtCommit,
                            "whether statements make the replicas of data files that they write",
                            duckdb::LogicalType::BOOLEAN, duckdb::Value::BOOLEAN(true));
  config.AddExtensionOption(kRowsMin, "data files of at least so many rows get replicas",
                            duckdb::LogicalType::UBIGINT, duckdb::Value::UBIGINT(kRowsMinDefault));
  config.AddExtensionOption(kMebibytes, "disk for replicas, for each database",
                            duckdb::LogicalType::UBIGINT,
                            duckdb::Value::UBIGINT(kMebibytesDefault));
}

bool HasReplicas(const Snapshot& snapshot) {
  const auto found = snapshot.properties.find(kReplicaOption);
  return found != snapshot.properties.end() && found->second != "none";
}

bool ReadsReplicas(duckdb::ClientContext& context) { return IsSettingOn(context, kReads); }

bool ReplicatesAtCommit(duckdb::ClientContext& context) { return IsSettingOn(context, kAtCommit); }

uint64_t ReplicaRowsMin(duckdb::ClientContext& context) {
  return NumberSetting(context, kRowsMin, kRowsMinDefault);
}

uint64_t ReplicaBudgetBytes(duckdb::ClientContext& context) {
  return NumberSetting(context, kMebibytes, kMebibytesDefault) << 20;
}

}  // namespace icefall
