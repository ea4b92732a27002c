#include "sql/index/create_index.h"

#include <algorithm>
#include <utility>

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include <fmt/format.h>

#include "sql/ddl/alter_table.h"
#include "sql/errors.h"
#include "sql/icefall_transaction.h"
#include "sql/index/duplicate_keys.h"
#include "sql/index/index_entry.h"
#include "sql/index/key_claim.h"

namespace icefall {
namespace {

using duckdb::CreateIndexInfo;

// The table as the transaction has it now, and not as it was when the statement was bound.
IcefallTableEntry& CurrentEntry(IcefallTransaction& transaction, const IcefallTableEntry& table) {
  return transaction.TableEntry(table.object(), transaction.Table(table.uuid()));
}

class PhysicalCreateIndex : public duckdb::PhysicalOperator {
 public:
  PhysicalCreateIndex(duckdb::PhysicalPlan& plan, duckdb::unique_ptr<CreateIndexInfo> info,
                      duckdb::unique_ptr<duckdb::AlterTableInfo> alter, TableEntryPointer table)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION,
                         {duckdb::LogicalType::BIGINT}, 1),
        info_(std::move(info)),
        alter_(std::move(alter)),
        table_(std::move(table)) {}

  duckdb::string GetName() const override { return "ICEFALL_CREATE_INDEX"; }
  bool IsSource() const override { return true; }

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk&,
                                           duckdb::OperatorSourceInput&) const override {
    if (alter_) {
      auto& transaction = IcefallTransaction::Get(context.client, table_->schema.catalog);
      AlterTable(transaction, context.client, CurrentEntry(transaction, *table_), *alter_);
    } else {
      CreateIndex(context.client, *info_, *table_);
    }
    return duckdb::SourceResultType::FINISHED;
  }

 private:
  const duckdb::unique_ptr<CreateIndexInfo> info_;
  const duckdb::unique_ptr<duckdb::AlterTableInfo> alter_;
  const TableEntryPointer table_;
};

class LogicalCreateTableIndex : public duckdb::LogicalExtensionOperator {
 public:
  // `alter`: ADD PRIMARY KEY, which is done instead of what `info` says; else null.
  LogicalCreateTableIndex(duckdb::unique_ptr<CreateIndexInfo> info,
                          duckdb::unique_ptr<duckdb::AlterTableInfo> alter, TableEntryPointer table)
      : info_(std::move(info)), alter_(std::move(alter)), table_(std::move(table)) {}

  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext&,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    return planner.Make<PhysicalCreateIndex>(std::move(info_), std::move(alter_), table_);
  }
  duckdb::string GetExtensionName() const override { return "icefall"; }
  // Plans of this are not copied by way of bytes, as PRAGMA verify_serializer has it.
  bool SupportSerialization() const override { return false; }

 protected:
  void ResolveTypes() override { types = {duckdb::LogicalType::BIGINT}; }

 private:
  duckdb::unique_ptr<CreateIndexInfo> info_;
  duckdb::unique_ptr<duckdb::AlterTableInfo> alter_;
  const TableEntryPointer table_;
};

Constraint MakeConstraint(const CreateIndexInfo& info, const IcefallTableEntry& table) {
  Constraint constraint;
  constraint.kind = info.constraint_type == duckdb::IndexConstraintType::UNIQUE
                        ? Constraint::Kind::kUniqueIndex
                        : Constraint::Kind::kIndex;
  constraint.name = info.index_name;
  const auto& expressions =
      info.parsed_expressions.empty() ? info.expressions : info.parsed_expressions;
  for (const auto& expression : expressions) {
    const auto* column = expression->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF
                             ? &expression->Cast<duckdb::ColumnRefExpression>()
                             : nullptr;
    if (column == nullptr) {
      throw duckdb::BinderException(
          fmt::format("index \"{}\": expected columns of table \"{}\", found {}; index a stored "
                      "column instead of an expression",
                      info.index_name, table.name, expression->ToString()));
    }
    const auto* field = table.table_schema().Find(column->GetColumnName());
    if (field == nullptr) {
      throw duckdb::BinderException(fmt::format("table \"{}\" does not have a column named \"{}\"",
                                                table.name, column->GetColumnName()));
    }
    if (field->generated_as) {
      throw duckdb::BinderException(fmt::format(
          "index \"{}\": column \"{}\" is generated, not stored", info.index_name, field->name));
    }
    // A column that is named again tells no keys apart.
    if (std::ranges::find(constraint.fields, field->id) != constraint.fields.end()) continue;
    constraint.fields.push_back(field->id);
  }
  return constraint;
}

void ChangeSchema(IcefallTransaction& transaction, const IcefallTableEntry& table, Schema schema,
                  const char* operation) {
  schema.id = schema.id.Next();
  Unwrap(ValidateSchema(schema));
  ChangeSet change;
  change.operation = operation;
  change.last_field_id = table.snapshot()->last_field_id;
  change.schema = std::make_shared<const Schema>(std::move(schema));
  transaction.Change(table.uuid(), std::move(change));
}

}  // namespace

duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(const CreateIndexInfo& info,
                                                            IcefallTableEntry& table) {
  const auto type = duckdb::StringUtil::Upper(info.index_type);
  if (!type.empty() && type != "ART" && type != "BTREE") {
    throw duckdb::BinderException(fmt::format("Unknown index type: {}; index \"{}\" can be a BTREE",
                                              info.index_type, info.index_name));
  }
  MakeConstraint(info, table);
  auto copy = duckdb::unique_ptr_cast<duckdb::CreateInfo, CreateIndexInfo>(info.Copy());
  return duckdb::make_uniq<LogicalCreateTableIndex>(std::move(copy), nullptr,
                                                    table.shared_from_this());
}

duckdb::unique_ptr<duckdb::LogicalOperator> BindAddKey(
    duckdb::unique_ptr<CreateIndexInfo> info, duckdb::unique_ptr<duckdb::AlterTableInfo> alter,
    IcefallTableEntry& table) {
  return duckdb::make_uniq<LogicalCreateTableIndex>(std::move(info), std::move(alter),
                                                    table.shared_from_this());
}

void CreateIndex(duckdb::ClientContext& context, const CreateIndexInfo& info,
                 IcefallTableEntry& planned) {
  auto& transaction = IcefallTransaction::Get(context, planned.schema.catalog);
  auto& table = CurrentEntry(transaction, planned);
  if (FindIndex(transaction, table.schema.name, info.index_name)) {
    if (info.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT) return;
    throw duckdb::CatalogException(
        fmt::format("Index with name \"{}\" already exists!", info.index_name));
  }
  auto schema = table.table_schema();
  auto constraint = MakeConstraint(info, table);
  const auto key = DefineKey(table, constraint);
  const bool is_unique = constraint.kind == Constraint::Kind::kUniqueIndex;
  if (const auto duplicate = FindDuplicateKey(context, table, key); is_unique && duplicate) {
    throw duckdb::ConstraintException(
        DuplicateKeyMessage(key, table.name, *duplicate, DuplicateOf::kIndexedRow));
  }
  schema.constraints.push_back(std::move(constraint));
  ChangeSchema(transaction, table, std::move(schema), "create index");
}

void DropIndex(IcefallTransaction& transaction, IcefallTableEntry& table, const std::string& name) {
  auto schema = table.table_schema();
  std::erase_if(schema.constraints, [&](const Constraint& constraint) {
    return IsIndex(constraint.kind) && duckdb::StringUtil::CIEquals(constraint.name, name);
  });
  ChangeSchema(transaction, table, std::move(schema), "drop index");
}

}  // namespace icefall
