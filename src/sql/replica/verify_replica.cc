#include "sql/replica/verify_replica.h"

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "duckdb/common/error_data.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/query_result.hpp"
#include <fmt/format.h>

#include "accel/replica_files.h"
#include "sql/icefall_catalog.h"
#include "sql/replica/ascending_rows.h"
#include "sql/replica/replica_columns.h"
#include "sql/replica/replica_database.h"
#include "sql/scan/row_scanner.h"
#include "store/object_hash.h"

namespace icefall {
namespace {

// Of rows in their order, however they are cut into chunks.
class RowsHash {
 public:
  void Add(duckdb::DataChunk& chunk) {
    duckdb::Vector hashes(duckdb::LogicalType::HASH, chunk.size());
    chunk.Hash(hashes);
    hashes.Flatten(chunk.size());
    const auto* values = duckdb::FlatVector::GetData<duckdb::hash_t>(hashes);
    for (duckdb::idx_t i = 0; i < chunk.size(); ++i) hash_ = hash_ * 31 + values[i];
    rows_ += chunk.size();
  }
  uint64_t rows() const { return rows_; }
  bool operator==(const RowsHash&) const = default;

 private:
  uint64_t hash_ = 0;
  uint64_t rows_ = 0;
};

// The file as a database that nobody else has a part in.
class OpenedFile {
 public:
  explicit OpenedFile(const std::string& path) {
    duckdb::DBConfig config;
    config.options.access_mode = duckdb::AccessMode::READ_ONLY;
    config.options.maximum_threads = 1;
    database_ = std::make_unique<duckdb::DuckDB>(path, &config);
    connection_ = std::make_unique<duckdb::Connection>(*database_);
  }

  std::string Comment(const char* table) {
    const auto result = Query(fmt::format(
        "SELECT comment FROM duckdb_tables() WHERE NOT internal AND table_name = '{}'", table));
    const auto chunk = result->Fetch();
    return chunk && chunk->size() == 1 ? chunk->GetValue(0, 0).ToString() : "";
  }
  duckdb::unique_ptr<duckdb::QueryResult> Rows() {
    return Query(fmt::format("FROM {}", kReplicaTable));
  }
  uint64_t RowCount() {
    return Query(fmt::format("SELECT count(*) FROM {}", kReplicaTable))
        ->Fetch()
        ->GetValue(0, 0)
        .GetValue<uint64_t>();
  }

 private:
  duckdb::unique_ptr<duckdb::QueryResult> Query(const std::string& sql) {
    auto result = connection_->SendQuery(sql);
    if (result->HasError()) result->ThrowError();
    return result;
  }

  std::unique_ptr<duckdb::DuckDB> database_;
  std::unique_ptr<duckdb::Connection> connection_;
};

std::optional<std::string> CompareHead(OpenedFile& file, const std::string& identity,
                                       const Fragment& fragment,
                                       const duckdb::vector<duckdb::LogicalType>& types) {
  if (const auto comment = file.Comment(kReplicaTable); comment != identity) {
    return fmt::format("expected the rows of '{}', found those of '{}'", identity, comment);
  }
  if (file.Rows()->types != types) return "its columns have other types";
  const uint64_t count = file.RowCount();
  if (count == fragment.row_count) return std::nullopt;
  return fmt::format("expected {} rows, found {}", fragment.row_count, count);
}

RowsHash HashOf(duckdb::QueryResult& rows, std::vector<AscendingRows>& ascending) {
  RowsHash hash;
  while (const auto chunk = rows.Fetch()) {
    if (chunk->size() == 0) break;
    hash.Add(*chunk);
    AddRows(ascending, *chunk);
  }
  if (rows.HasError()) rows.ThrowError();
  return hash;
}

RowsHash HashOf(duckdb::ClientContext& context, const IcefallTableEntry& table,
                const FragmentPointer& fragment, const ReplicaColumns& columns) {
  RowScanner scanner(context, FileAsWritten(table, fragment), columns.columns);
  duckdb::DataChunk chunk;
  chunk.Initialize(context, scanner.types());
  RowsHash hash;
  while (scanner.Next(chunk)) hash.Add(chunk);
  return hash;
}

// The replica of a damaged data file may be all that is left of its rows.
bool IsSound(ObjectStore& store, const IcefallTableEntry& table, const Fragment& fragment) {
  const auto sha256 =
      ObjectSha256(store, fmt::format("{}/{}", table.object()->directory, fragment.path));
  return sha256 && *sha256 == fragment.sha256;
}

}  // namespace

std::optional<std::string> FindReplicaDamage(duckdb::ClientContext& context,
                                             const IcefallTableEntry& table,
                                             const FragmentPointer& fragment, const ObjectKey& key,
                                             DerivedDepth depth) {
  auto& store = table.schema.catalog.Cast<IcefallCatalog>().database().store();
  const auto path = store.ExternalPath(key);
  if (!path || !store.Stat(key)) return std::nullopt;
  const auto& snapshot = *table.snapshot();
  const auto layout = LayoutOfReplica(context, snapshot, *fragment);
  RowsHash found;
  try {
    OpenedFile file(*path);
    const auto identity = ReplicaIdentity(snapshot.table_uuid, *fragment);
    if (const auto why = CompareHead(file, identity, *fragment, layout.types)) return why;
    if (depth == DerivedDepth::kHead) return std::nullopt;
    std::vector<AscendingRows> ascending;
    found = HashOf(*file.Rows(), ascending);
    // Older versions note nothing.
    const auto noted = file.Comment(kAscendingTable);
    if (!noted.empty() && noted != EncodeAscendingRows(ascending)) {
      return fmt::format("its values ascend elsewhere than it notes: '{}'", noted);
    }
  } catch (const std::exception& exception) {
    if (!store.Stat(key)) return std::nullopt;
    return duckdb::ErrorData(exception).RawMessage();
  }
  if (depth != DerivedDepth::kValues || !IsSound(store, table, *fragment)) return std::nullopt;
  if (found == HashOf(context, table, fragment, layout.columns)) return std::nullopt;
  return fmt::format("{} rows, of which some are not those of the data file", found.rows());
}

}  // namespace icefall
