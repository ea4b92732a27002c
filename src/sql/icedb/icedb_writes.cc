#include "sql/icedb/icedb_writes.h"

#include <map>
#include <utility>

#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "duckdb/planner/operator/logical_update.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"
#include <fmt/format.h>

#include "base/sql_quote.h"
#include "format/deletion_vector.h"
#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_entries.h"
#include "sql/icedb/icedb_transaction.h"
#include "sql/icedb/row_partitions.h"
#include "sql/write/returned_rows.h"

namespace icefall {
namespace {

using duckdb::PhysicalOperator;
using EntryPointer = std::shared_ptr<IcedbTableEntry>;

constexpr const char* kRows = "_icedb_rows";
constexpr const char* kPositions = "_icedb_positions";

struct WriteState : public duckdb::GlobalSinkState {
  WriteState(duckdb::ClientContext& context, bool returns_rows,
             const duckdb::vector<duckdb::LogicalType>& types)
      : returned(context, returns_rows, types) {}

  EntryPointer table;
  std::unique_ptr<duckdb::ColumnDataCollection> rows;  // new ones
  std::map<uint64_t, DeletionVector> deleted;          // positions by file of the view
  ReturnedRows returned;
};

// A sink of one thread that afterwards is the source of its answer.
class IcedbWrite : public PhysicalOperator {
 public:
  IcedbWrite(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
             duckdb::idx_t cardinality, IcedbCatalog& catalog, EntryPointer table,
             bool returns_rows)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types),
                         cardinality),
        catalog_(catalog),
        table_(std::move(table)),
        returns_rows_(returns_rows) {}

  bool IsSink() const override { return true; }
  bool IsSource() const override { return true; }
  bool SinkOrderDependent() const override { return true; }

  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(
      duckdb::ClientContext&) const override {
    return sink_state->Cast<WriteState>().returned.NewScan();
  }

 protected:
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override {
    return sink_state->Cast<WriteState>().returned.Scan(input.global_state, chunk);
  }

  duckdb::unique_ptr<WriteState> NewState(duckdb::ClientContext& context) const {
    auto state = duckdb::make_uniq<WriteState>(context, returns_rows_, types);
    state->table = table_;
    return state;
  }

  NamedRows NewRows(WriteState& state, bool with_partition) const {
    NamedRows rows{kRows, state.rows.get(), state.table->view().names};
    if (with_partition) rows.columns.push_back(kOldPartition);
    return rows;
  }

  void RequireFitting(const IcedbView& view) const {
    if (view.conflicts.empty()) return;
    const auto& conflict = view.conflicts.front();
    throw duckdb::ConstraintException(
        "column '%s' is %s in the table and %s in log file %s: repair the table first",
        conflict.column, conflict.type, conflict.new_type, conflict.source);
  }

  IcedbCatalog& catalog_;
  const EntryPointer table_;
  const bool returns_rows_;
};

class IcedbInsert : public IcedbWrite {
 public:
  IcedbInsert(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
              duckdb::idx_t cardinality, IcedbCatalog& catalog, EntryPointer table,
              bool returns_rows, duckdb::unique_ptr<duckdb::BoundCreateTableInfo> create)
      : IcedbWrite(plan, std::move(types), cardinality, catalog, std::move(table), returns_rows),
        create_(std::move(create)) {}

  duckdb::string GetName() const override { return "ICEDB_INSERT"; }

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override {
    auto state = NewState(context);
    if (create_ != nullptr) {
      auto& entry =
          *catalog_.main_schema().CreateTable(catalog_.GetCatalogTransaction(context), *create_);
      state->table = entry.Cast<IcedbTableEntry>().shared_from_this();
    }
    RequireFitting(state->table->view());
    state->rows =
        std::make_unique<duckdb::ColumnDataCollection>(context, state->table->view().types);
    return state;
  }

  duckdb::SinkResultType Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override {
    auto& state = input.global_state.Cast<WriteState>();
    state.rows->Append(chunk);
    state.returned.AddRows(chunk);
    state.returned.AddCount(chunk.size());
    return duckdb::SinkResultType::NEED_MORE_INPUT;
  }

  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override {
    auto& state = input.global_state.Cast<WriteState>();
    if (state.rows->Count() == 0) return duckdb::SinkFinalizeType::READY;
    const auto& view = state.table->view();
    const auto& rule = catalog_.settings().partition_rule;
    const int64_t started_at_ms = catalog_.open().table.NowMs();
    const auto rows = NewRows(state, false);
    CheckKeys(context, view, rows);
    IcedbFileWriter writer(context, catalog_.open(), catalog_.settings().write);
    auto files = writer.WritePartitions(rows, view.stored_count, PartitionOfNewRows(view, rule));
    IcedbTransaction::Get(context, catalog_).Replace("insert", {}, std::move(files), started_at_ms);
    writer.Keep();
    return duckdb::SinkFinalizeType::READY;
  }

 private:
  void CheckKeys(duckdb::ClientContext& context, const IcedbView& view,
                 const NamedRows& rows) const {
    const auto condition = ContradictsRule(view, catalog_.settings().partition_rule);
    if (condition.empty()) return;
    const auto found = RunBeside(
        context, fmt::format("SELECT count(*) FROM {} WHERE {}", kRows, condition), {rows});
    if (found->GetValue(0, 0).GetValue<int64_t>() == 0) return;
    throw duckdb::ConstraintException(
        "INSERT: a key of the partition is given that is not what partition_by says of the row; "
        "leave the key out, or NULL");
  }

  const duckdb::unique_ptr<duckdb::BoundCreateTableInfo> create_;
};

// Takes rows away, and for an UPDATE puts others in their place.
class IcedbChange : public IcedbWrite {
 public:
  struct Settings {
    std::string operation;
    // Of an UPDATE: by column of the table where its new value is in the rows that arrive; absent
    // for DEFAULT, which is NULL.
    std::vector<std::optional<size_t>> values;
    size_t file_column = 0;
    size_t position_column = 0;
  };

  IcedbChange(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
              duckdb::idx_t cardinality, IcedbCatalog& catalog, EntryPointer table,
              bool returns_rows, Settings settings)
      : IcedbWrite(plan, std::move(types), cardinality, catalog, std::move(table), returns_rows),
        settings_(std::move(settings)) {}

  duckdb::string GetName() const override { return is_update() ? "ICEDB_UPDATE" : "ICEDB_DELETE"; }

  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(
      duckdb::ClientContext& context) const override {
    auto state = NewState(context);
    if (is_update()) {
      RequireFitting(table_->view());
      state->rows = std::make_unique<duckdb::ColumnDataCollection>(context, RowTypes());
    }
    return state;
  }

  duckdb::SinkResultType Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override {
    auto& state = input.global_state.Cast<WriteState>();
    std::vector<duckdb::sel_t> fresh;
    chunk.Flatten();
    const auto* files = duckdb::FlatVector::GetData<uint64_t>(chunk.data[settings_.file_column]);
    const auto* positions =
        duckdb::FlatVector::GetData<int64_t>(chunk.data[settings_.position_column]);
    for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
      auto& deleted = state.deleted[files[row]];
      const auto position = static_cast<uint64_t>(positions[row]);
      // A row that a join found twice is changed once.
      if (deleted.Contains(position)) continue;
      deleted.Add(position);
      fresh.push_back(static_cast<duckdb::sel_t>(row));
    }
    state.returned.AddCount(fresh.size());
    if (is_update()) TakeRows(state, chunk, files, fresh);
    return duckdb::SinkResultType::NEED_MORE_INPUT;
  }

  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override {
    auto& state = input.global_state.Cast<WriteState>();
    if (state.deleted.empty()) return duckdb::SinkFinalizeType::READY;
    const auto& view = table_->view();
    const int64_t started_at_ms = catalog_.open().table.NowMs();
    IcedbFileWriter writer(context, catalog_.open(), catalog_.settings().write);
    std::vector<std::string> killed;
    std::vector<Touched> touched;
    for (const auto& [number, positions] : state.deleted) {
      killed.push_back(view.files.at(number).marker.path);
      touched.push_back(Touch(context, view.files[number], positions));
    }
    if (returns_rows_ && !is_update()) {
      for (auto& file : touched) ReturnRows(context, file, state.returned);
    }
    std::vector<std::optional<icedb::FileMarker>> kept(touched.size());
    ForEachFile(touched.size(), [&](size_t i) { kept[i] = WriteKept(writer, touched[i]); });
    std::vector<icedb::FileMarker> added;
    for (auto& file : kept) {
      if (file) added.push_back(*std::move(file));
    }
    if (is_update()) {
      auto files =
          writer.WritePartitions(NewRows(state, true), view.stored_count,
                                 PartitionOfChangedRows(view, catalog_.settings().partition_rule));
      added.insert(added.end(), std::make_move_iterator(files.begin()),
                   std::make_move_iterator(files.end()));
    }
    IcedbTransaction::Get(context, catalog_)
        .Replace(settings_.operation, killed, std::move(added), started_at_ms);
    writer.Keep();
    return duckdb::SinkFinalizeType::READY;
  }

 private:
  // A file that loses rows.
  struct Touched {
    const IcedbView::File* file;
    std::unique_ptr<duckdb::ColumnDataCollection> positions;
    NamedRows named() const { return {kPositions, positions.get(), {"position"}}; }
  };

  bool is_update() const { return !settings_.values.empty(); }

  // The table's columns, and where the row was.
  duckdb::vector<duckdb::LogicalType> RowTypes() const {
    auto row_types = table_->view().types;
    row_types.push_back(duckdb::LogicalType::VARCHAR);
    return row_types;
  }

  void TakeRows(WriteState& state, duckdb::DataChunk& chunk, const uint64_t* files,
                const std::vector<duckdb::sel_t>& fresh) const {
    duckdb::DataChunk rows;
    rows.Initialize(duckdb::Allocator::DefaultAllocator(), RowTypes());
    for (size_t i = 0; i < settings_.values.size(); ++i) {
      if (settings_.values[i]) {
        rows.data[i].Reference(chunk.data[*settings_.values[i]]);
      } else {
        rows.data[i].Reference(duckdb::Value(rows.data[i].GetType()));
      }
    }
    auto& partitions = rows.data.back();
    for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
      partitions.SetValue(row, duckdb::Value(table_->view().files.at(files[row]).partition));
    }
    rows.SetCardinality(chunk.size());
    rows.Slice(duckdb::SelectionVector(const_cast<duckdb::sel_t*>(fresh.data())), fresh.size());
    state.rows->Append(rows);
    state.returned.AddRows(rows);
  }

  static Touched Touch(duckdb::ClientContext& context, const IcedbView::File& file,
                       const DeletionVector& positions) {
    Touched touched{&file,
                    std::make_unique<duckdb::ColumnDataCollection>(
                        context, duckdb::vector<duckdb::LogicalType>{duckdb::LogicalType::BIGINT})};
    duckdb::DataChunk chunk;
    chunk.Initialize(duckdb::Allocator::DefaultAllocator(), {duckdb::LogicalType::BIGINT});
    const auto flush = [&] {
      if (chunk.size() == 0) return;
      touched.positions->Append(chunk);
      chunk.Reset();
    };
    positions.ForEach([&](uint64_t position) {
      duckdb::FlatVector::GetData<int64_t>(chunk.data[0])[chunk.size()] =
          static_cast<int64_t>(position);
      chunk.SetCardinality(chunk.size() + 1);
      if (chunk.size() == STANDARD_VECTOR_SIZE) flush();
      return true;
    });
    flush();
    return touched;
  }

  // The rows of the file that `join` ("SEMI" or "ANTI") leaves.
  std::string JoinPositions(const Touched& touched, const char* join) const {
    return fmt::format(
        "SELECT f.* FROM read_parquet([{}], hive_partitioning = false) AS f {} JOIN {} AS p ON "
        "f.file_row_number = p.position",
        QuoteLiteral(catalog_.open().PathOf(touched.file->marker.path)), join, kPositions);
  }

  std::optional<icedb::FileMarker> WriteKept(IcedbFileWriter& writer,
                                             const Touched& touched) const {
    return writer.Write(JoinPositions(touched, "ANTI") + " ORDER BY f.file_row_number",
                        touched.file->partition, {touched.named()});
  }

  void ReturnRows(duckdb::ClientContext& context, const Touched& touched,
                  ReturnedRows& returned) const {
    const auto& view = table_->view();
    std::string columns;
    std::string typed;
    for (size_t i = 0; i < view.column_count(); ++i) {
      const char* separator = i > 0 ? ", " : "";
      const std::string column_name = QuoteIdentifier(view.names[i]);
      const std::string type = view.types[i].ToString();
      if (i < view.stored_count) {
        columns += fmt::format("{}CAST({} AS {})", separator, column_name, type);
        typed += fmt::format("{}CAST(NULL AS {}) AS {}", separator, type, column_name);
      } else {
        const auto& key = touched.file->keys[i - view.stored_count];
        columns +=
            fmt::format("{}CAST({} AS VARCHAR)", separator, key ? QuoteLiteral(*key) : "NULL");
      }
    }
    const auto rows =
        RunBeside(context,
                  fmt::format("SELECT {} FROM (({}) UNION ALL BY NAME (SELECT {} WHERE false))",
                              columns, JoinPositions(touched, "SEMI"), typed),
                  {touched.named()});
    for (auto& chunk : rows->Collection().Chunks()) returned.AddRows(chunk);
  }

  const Settings settings_;
};

EntryPointer EntryOf(duckdb::TableCatalogEntry& table) {
  return table.Cast<IcedbTableEntry>().shared_from_this();
}

size_t IndexOf(const duckdb::Expression& expression) {
  return expression.Cast<duckdb::BoundReferenceExpression>().index;
}

}  // namespace

PhysicalOperator& PlanIcedbInsert(IcedbCatalog& catalog, duckdb::PhysicalPlanGenerator& planner,
                                  duckdb::LogicalInsert& op,
                                  duckdb::optional_ptr<PhysicalOperator> child) {
  if (op.on_conflict_info.action_type != duckdb::OnConflictAction::THROW) {
    throw duckdb::NotImplementedException(
        "INSERT into \"%s\": ON CONFLICT needs a key, which an icedb table does not have",
        op.table.name);
  }
  if (!op.column_index_map.empty()) child = planner.ResolveDefaultsProjection(op, *child);
  auto& insert = planner.Make<IcedbInsert>(op.types, op.estimated_cardinality, catalog,
                                           EntryOf(op.table), op.return_chunk, nullptr);
  insert.children.push_back(*child);
  return insert;
}

PhysicalOperator& PlanIcedbCreateTableAs(IcedbCatalog& catalog,
                                         duckdb::PhysicalPlanGenerator& planner,
                                         duckdb::LogicalCreateTable& op, PhysicalOperator& child) {
  auto& insert = planner.Make<IcedbInsert>(op.types, op.estimated_cardinality, catalog, nullptr,
                                           false, std::move(op.info));
  insert.children.push_back(child);
  return insert;
}

PhysicalOperator& PlanIcedbDelete(IcedbCatalog& catalog, duckdb::PhysicalPlanGenerator& planner,
                                  duckdb::LogicalDelete& op, PhysicalOperator& child) {
  // In the order of GetRowIdColumns.
  auto& change = planner.Make<IcedbChange>(
      op.types, op.estimated_cardinality, catalog, EntryOf(op.table), op.return_chunk,
      IcedbChange::Settings{
          "delete", {}, IndexOf(*op.expressions[0]), IndexOf(*op.expressions[1])});
  change.children.push_back(child);
  return change;
}

PhysicalOperator& PlanIcedbUpdate(IcedbCatalog& catalog, duckdb::PhysicalPlanGenerator& planner,
                                  duckdb::LogicalUpdate& op, PhysicalOperator& child) {
  auto table = EntryOf(op.table);
  IcedbChange::Settings settings;
  settings.operation = "update";
  settings.values.resize(table->view().column_count());
  for (size_t i = 0; i < op.columns.size(); ++i) {
    const auto& expression = *op.expressions[i];
    if (expression.GetExpressionType() == duckdb::ExpressionType::VALUE_DEFAULT) continue;
    settings.values[op.columns[i].index] = IndexOf(expression);
  }
  settings.file_column = child.types.size() - 2;
  settings.position_column = child.types.size() - 1;
  auto& change = planner.Make<IcedbChange>(op.types, op.estimated_cardinality, catalog,
                                           std::move(table), op.return_chunk, std::move(settings));
  change.children.push_back(child);
  return change;
}

}  // namespace icefall
