#include "sql/icefall_transaction.h"

#include <utility>

#include <fmt/format.h>

#include "log/log_entry.h"
#include "sql/damaged_table_entry.h"
#include "sql/ddl/stored_statement.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_schema_entry.h"
#include "sql/icefall_table_entry.h"
#include "sql/object_number.h"

namespace icefall {

IcefallTransaction::IcefallTransaction(duckdb::TransactionManager& transaction_manager,
                                       duckdb::ClientContext& client_context,
                                       IcefallCatalog& catalog,
                                       std::unique_ptr<icefall::Transaction> engine,
                                       const std::optional<RequestCounts>& requests_before)
    : duckdb::Transaction(transaction_manager, client_context),
      catalog_(catalog),
      engine_(std::move(engine)),
      requests_before_(requests_before) {}

IcefallTransaction::~IcefallTransaction() = default;

IcefallTransaction& IcefallTransaction::Get(duckdb::ClientContext& context,
                                            duckdb::Catalog& catalog) {
  return duckdb::Transaction::Get(context, catalog).Cast<IcefallTransaction>();
}

IcefallTransaction& IcefallTransaction::Get(duckdb::CatalogTransaction& transaction) {
  return transaction.transaction->Cast<IcefallTransaction>();
}

std::optional<RequestCounts> IcefallTransaction::Requests() const {
  const auto now = catalog_.database().store().requests();
  if (!now || !requests_before_) return std::nullopt;
  return *now - *requests_before_;
}

CatalogSnapshotPointer IcefallTransaction::Names() { return Unwrap(engine_->Catalog()); }

SnapshotPointer IcefallTransaction::Table(std::string_view table_uuid) {
  auto table = engine_->Table(table_uuid);
  if (!table) ThrowUnreadable(table.error());
  return *std::move(table);
}

void IcefallTransaction::Change(std::string_view table_uuid, ChangeSet change) {
  Unwrap(engine_->Change(table_uuid, std::move(change)));
}

duckdb::optional_ptr<IcefallSchemaEntry> IcefallTransaction::SchemaEntry(std::string_view name) {
  auto names = Names();
  {
    const std::lock_guard lock(mutex_);
    if (last_schema_ != nullptr && schema_names_ == names && last_schema_->name == name) {
      return *last_schema_;
    }
  }
  const auto found = names->schemas.find({"", std::string(name)});
  if (found == names->schemas.end()) return nullptr;
  auto& entry = *Pin(catalog_.entries().Schema(found->second));
  const std::lock_guard lock(mutex_);
  schema_names_ = std::move(names);
  last_schema_ = &entry;
  return entry;
}

IcefallTableEntry& IcefallTransaction::TableEntry(const CatalogObjectPointer& object,
                                                  const SnapshotPointer& snapshot) {
  const auto names = Names();
  const auto schema = names->schemas.find({"", object->name.schema});
  if (schema == names->schemas.end()) {
    ThrowError(Error(ErrorCode::kNotFound, fmt::format("table {}: its schema {} does not exist",
                                                       object->name.name, object->name.schema)));
  }
  const auto schema_entry = catalog_.entries().Schema(schema->second);
  return *Pin(catalog_.entries().Table(schema_entry, object, snapshot));
}

duckdb::CatalogEntry& IcefallTransaction::ObjectEntry(const CatalogObjectPointer& object) {
  if (object->kind == ObjectKind::kTable) return TableEntry(object, Table(object->uuid));
  {
    const std::lock_guard lock(mutex_);
    const auto found = object_entries_.find(object);
    if (found != object_entries_.end()) return *found->second;
  }
  if (object->kind == ObjectKind::kSequence) {
    auto entry = catalog_.sequences().MakeEntry(*this, *object);
    entry->oid = ObjectNumber(object->uuid);
    const std::lock_guard lock(mutex_);
    return *object_entries_.emplace(object, std::move(entry)).first->second;
  }
  const auto client = context.lock();
  auto schema = SchemaEntry(object->name.schema);
  auto entry = MakeObjectEntry(*client, *schema, *object);
  const bool is_macro =
      object->kind == ObjectKind::kMacro || object->kind == ObjectKind::kTableMacro;
  entry->oid = is_macro ? MacroNumber(object->uuid) : ObjectNumber(object->uuid);
  const std::lock_guard lock(mutex_);
  return *object_entries_.emplace(object, std::move(entry)).first->second;
}

duckdb::CatalogEntry& IcefallTransaction::ListedEntry(const CatalogObjectPointer& object) {
  if (object->kind != ObjectKind::kTable) return ObjectEntry(object);
  const auto table = engine_->Table(object->uuid);
  if (table) return TableEntry(object, *table);
  if (!IsDamage(table.error().code())) ThrowError(table.error());
  const auto names = Names();
  auto schema = catalog_.entries().Schema(names->schemas.at({"", object->name.schema}));
  return *Pin(std::make_shared<DamagedTableEntry>(std::move(schema), *object, table.error()));
}

std::vector<std::shared_ptr<const void>> IcefallTransaction::ReleasePins() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const void>> result;
  for (auto& [address, pin] : pins_) result.push_back(std::move(pin));
  for (auto& [object, entry] : object_entries_) result.push_back(std::move(entry));
  pins_.clear();
  last_schema_ = nullptr;
  object_entries_.clear();
  return result;
}

}  // namespace icefall
