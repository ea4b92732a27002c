#include "sql/replica/open_replicas.h"

#include <utility>

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/storage/data_table.hpp"
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "accel/derived_files.h"
#include "accel/replica_files.h"

namespace icefall {
namespace {

duckdb::DuckTableEntry* FindTable(duckdb::ClientContext& context, duckdb::AttachedDatabase& file,
                                  const duckdb::string& name) {
  auto& catalog = file.GetCatalog();
  const auto transaction = catalog.GetCatalogTransaction(context);
  const duckdb::string schema_name = DEFAULT_SCHEMA;
  const duckdb::EntryLookupInfo schema_lookup(duckdb::CatalogType::SCHEMA_ENTRY, schema_name);
  auto schema =
      catalog.LookupSchema(transaction, schema_lookup, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!schema) return nullptr;
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry = schema->LookupEntry(transaction, lookup);
  return entry ? dynamic_cast<duckdb::DuckTableEntry*>(entry.get()) : nullptr;
}

// Nothing is known of a replica without the table, as older versions made them.
std::vector<std::optional<AscendingRows>> FindAscending(duckdb::ClientContext& context,
                                                        duckdb::AttachedDatabase& file,
                                                        size_t column_count) {
  const auto* table = FindTable(context, file, kAscendingTable);
  const auto text = table == nullptr || table->comment.IsNull() ? "" : table->comment.ToString();
  auto columns = DecodeAscendingRows(text, column_count);
  return columns ? *std::move(columns) : std::vector<std::optional<AscendingRows>>(column_count);
}

// Whether the file is what its name says.
bool IsReplicaOf(duckdb::DuckTableEntry& table, const std::string& identity,
                 const Fragment& fragment, const ReplicaLayout& layout) {
  if (table.comment.IsNull() || table.comment.ToString() != identity) return false;
  auto& rows = table.GetStorage();
  return rows.GetTotalRows() == fragment.row_count && rows.GetTypes() == layout.types;
}

// Still has a name: one that was deleted or replaced has none.
bool IsStored(const FileDescriptor& file) {
  struct stat status = {};
  return ::fstat(file.get(), &status) == 0 && status.st_nlink > 0;
}

}  // namespace

OpenReplicaPointer OpenReplicas::Find(const std::string& data_file) {
  const std::lock_guard lock(mutex_);
  const auto* found = open_.Find(data_file);
  return found == nullptr ? nullptr : *found;
}

OpenReplicaPointer OpenReplicas::Get(duckdb::ClientContext& context, const Snapshot& snapshot,
                                     const Fragment& fragment) {
  auto data_file = fmt::format("{} {}", snapshot.table_uuid, fragment.path);
  if (auto known = Find(data_file)) {
    const bool is_stored = IsStored(known->file);
    const std::lock_guard lock(mutex_);
    if (is_stored) {
      ++counters_.hits;
      return known;
    }
    open_.Erase(data_file);
  }
  const auto identity = ReplicaIdentity(snapshot.table_uuid, fragment);
  const auto key = ReplicaKey(snapshot.table_uuid, identity);
  if (!store_.Stat(key)) return nullptr;
  const std::lock_guard lock(mutex_);
  // Perhaps opened by another thread meanwhile.
  if (const auto* found = open_.Find(data_file)) {
    ++counters_.hits;
    return *found;
  }
  const auto path = store_.ExternalPath(key);
  if (!path) return nullptr;
  auto opened = std::make_shared<OpenReplica>();
  opened->data_file = std::move(data_file);
  opened->key = key;
  opened->layout = LayoutOfReplica(context, snapshot, fragment);
  opened->file = FileDescriptor(::open(path->c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!opened->file.valid()) return nullptr;
  try {
    opened->database = OpenReplicaDatabase(context, *path, duckdb::AccessMode::READ_ONLY);
    opened->table = FindTable(context, *opened->database, kReplicaTable);
    if (opened->table != nullptr &&
        !IsReplicaOf(*opened->table, identity, fragment, opened->layout)) {
      opened->table = nullptr;
    }
    opened->ascending =
        FindAscending(context, *opened->database, opened->layout.columns.columns.size());
  } catch (const std::exception&) {
    opened->table = nullptr;
  }
  if (opened->table == nullptr) {
    ++counters_.damaged;
    return nullptr;
  }
  ++counters_.opened;
  open_.Put(opened->data_file, opened, 1, kOpenMax);
  return opened;
}

void OpenReplicas::Discard(const OpenReplica& replica) {
  const std::lock_guard lock(mutex_);
  ++counters_.damaged;
  open_.Erase(replica.data_file);
  RemoveDerivedFile(store_, replica.key);
}

OpenReplicas::Counters OpenReplicas::counters() {
  const std::lock_guard lock(mutex_);
  auto result = counters_;
  result.open = open_.size();
  return result;
}

}  // namespace icefall
