#include "sql/index/fragment_index.h"

#include <utility>

#include <fmt/format.h>

#include "index/index_file_writer.h"
#include "index/key_run.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"

namespace icefall {
namespace {

// indexes/<field ids>/<path of the data file>.idx
ObjectKey KeyOfIndex(const std::string& directory, const KeyDefinition& key,
                     const Fragment& fragment) {
  std::string fields;
  for (const auto field : key.fields) {
    fields += (fields.empty() ? "" : "-") + std::to_string(field.value);
  }
  return fmt::format("{}/indexes/{}/{}.idx", directory, fields, fragment.path);
}

std::string IdentityOf(const KeyDefinition& key, const Fragment& fragment) {
  return fmt::format("{}, {} rows of {}", KeyIdentity(key), fragment.row_count, fragment.path);
}

std::string EncodeIndex(duckdb::ClientContext& context, const IcefallTableEntry& table,
                        const KeyDefinition& key, const FragmentPointer& fragment,
                        bool with_filter = true) {
  duckdb::vector<duckdb::column_t> columns;
  for (const size_t column : key.columns) {
    columns.push_back(table.definition().stored_fields[column]);
  }
  columns.push_back(kPositionColumn);
  RowScanner scanner(context, OnlyFileOf(table, fragment), columns);
  duckdb::DataChunk rows;
  rows.Initialize(context, scanner.types());
  duckdb::DataChunk values;
  values.InitializeEmpty(key.types);
  KeyRun run;
  while (scanner.Next(rows)) {
    rows.Flatten();
    for (size_t c = 0; c < key.types.size(); ++c) values.data[c].Reference(rows.data[c]);
    values.SetCardinality(rows.size());
    auto keys = MakeKeys(values);
    const auto* bytes = duckdb::FlatVector::GetData<duckdb::string_t>(keys);
    const auto* positions = duckdb::FlatVector::GetData<int64_t>(rows.data.back());
    for (size_t row = 0; row < rows.size(); ++row) {
      run.Add({bytes[row].GetData(), bytes[row].GetSize()}, static_cast<uint32_t>(positions[row]));
    }
  }
  run.Sort();
  IndexFileWriter writer(IdentityOf(key, *fragment), with_filter);
  for (size_t i = 0; i < run.size(); ++i) writer.Add(run.key(i), run.position(i));
  return writer.Finish();
}

// An index that cannot be stored serves from memory.
std::unique_ptr<StoredBytes> Store(IcefallCatalog& catalog, const ObjectKey& key,
                                   std::string bytes) {
  auto& store = catalog.database().store();
  if (!catalog.database().read_only() &&
      store.Put(key, bytes, PutCondition::Always()).has_value() &&
      store.capabilities().external_path) {
    const auto path = store.ExternalPath(key);
    auto mapped = path ? MapFile(*path) : Fail(path.error());
    if (mapped) return *std::move(mapped);
  }
  return KeepBytes(std::move(bytes));
}

// Mapped where the store has paths; else all of it is read.
Result<std::unique_ptr<StoredBytes>> Load(ObjectStore& store, const ObjectKey& key) {
  if (!store.capabilities().external_path) {
    ICEFALL_ASSIGN_OR_RETURN(std::string bytes, store.ReadToEnd(key, 0));
    return KeepBytes(std::move(bytes));
  }
  // Asked first, as ExternalPath makes folders.
  ICEFALL_RETURN_IF_ERROR(store.Stat(key));
  ICEFALL_ASSIGN_OR_RETURN(const std::string path, store.ExternalPath(key));
  return MapFile(path);
}

}  // namespace

IndexFilePointer IndexFileCache::Find(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  const auto* found = files_.Find(key);
  return found == nullptr ? nullptr : *found;
}

void IndexFileCache::Put(const ObjectKey& key, IndexFilePointer file) {
  const std::lock_guard lock(mutex_);
  files_.Put(key, std::move(file), 1, kFileCountMax);
}

IndexFilePointer FindFragmentIndex(IcefallCatalog& catalog, const std::string& directory,
                                   const KeyDefinition& key, const Fragment& fragment) {
  const auto object_key = KeyOfIndex(directory, key, fragment);
  const auto identity = IdentityOf(key, fragment);
  auto file = catalog.index_files().Find(object_key);
  if (file != nullptr && file->identity() == identity) return file;
  auto& store = catalog.database().store();
  auto stored = Load(store, object_key);
  if (!stored) return nullptr;
  auto opened = IndexFile::Open(*std::move(stored), identity);
  if (!opened) return nullptr;
  catalog.index_files().Put(object_key, *opened);
  return *opened;
}

IndexFilePointer BuildFragmentIndex(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                    const KeyDefinition& key, const FragmentPointer& fragment) {
  auto& catalog = table.schema.catalog.Cast<IcefallCatalog>();
  const auto object_key = KeyOfIndex(table.object()->directory, key, *fragment);
  auto bytes = Store(catalog, object_key, EncodeIndex(context, table, key, fragment));
  auto file = Unwrap(IndexFile::Open(std::move(bytes), IdentityOf(key, *fragment)));
  catalog.index_files().Put(object_key, file);
  return file;
}

void BuildIndexes(duckdb::ClientContext& context, const IcefallTableEntry& table,
                  const std::vector<FragmentPointer>& fragments) {
  for (const auto& constraint : table.table_schema().constraints) {
    if (constraint.kind == Constraint::Kind::kCheck) continue;
    const auto key = DefineKey(table, constraint);
    for (const auto& fragment : fragments) BuildFragmentIndex(context, table, key, fragment);
  }
}

void UseFragmentIndex(duckdb::ClientContext& context, const IcefallTableEntry& table,
                      const KeyDefinition& key, const FragmentPointer& fragment,
                      const std::function<Result<void>(const IndexFile&)>& use) {
  auto& catalog = table.schema.catalog.Cast<IcefallCatalog>();
  if (const auto found = FindFragmentIndex(catalog, table.object()->directory, key, *fragment)) {
    const auto used = use(*found);
    if (used.has_value()) return;
    if (used.error().code() != ErrorCode::kCorruption) ThrowError(used.error());
  }
  Unwrap(use(*BuildFragmentIndex(context, table, key, fragment)));
}

std::vector<ObjectKey> FindWrongIndexes(duckdb::ClientContext& context,
                                        const IcefallTableEntry& table) {
  std::vector<ObjectKey> wrong;
  auto& store = table.schema.catalog.Cast<IcefallCatalog>().database().store();
  for (const auto& constraint : table.table_schema().constraints) {
    if (constraint.kind == Constraint::Kind::kCheck) continue;
    const auto key = DefineKey(table, constraint);
    table.snapshot()->fragments.ForEach([&](const FragmentPointer& fragment) {
      const auto object_key = KeyOfIndex(table.object()->directory, key, *fragment);
      const auto stored = store.ReadToEnd(object_key, 0);
      if (!stored && stored.error().code() == ErrorCode::kNotFound) return;
      // One from before there were filters is sound without.
      const auto header = DecodeIndexHeader(Unwrap(stored));
      const bool with_filter = !header || header->filter_block_count > 0;
      if (*stored != EncodeIndex(context, table, key, fragment, with_filter)) {
        wrong.push_back(object_key);
      }
    });
  }
  return wrong;
}

}  // namespace icefall
