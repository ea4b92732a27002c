#include "sql/icedb/file_writer.h"

#include <exception>
#include <map>
#include <utility>

#include "duckdb/main/connection.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/query_node/set_operation_node.hpp"
#include "duckdb/parser/statement/copy_statement.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "duckdb/parser/tableref/column_data_ref.hpp"
#include "duckdb/parser/tableref/joinref.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include <fmt/format.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "base/sql_quote.h"
#include "base/uuid.h"
#include "sql/errors.h"

namespace icefall {
namespace {

constexpr size_t kFilesAtOnce = 8;

using Tables = std::vector<NamedRows>;

void PutTables(duckdb::QueryNode& node, const Tables& tables);

void PutTables(duckdb::unique_ptr<duckdb::TableRef>& reference, const Tables& tables) {
  switch (reference->type) {
    case duckdb::TableReferenceType::BASE_TABLE: {
      const auto& base = reference->Cast<duckdb::BaseTableRef>();
      for (const auto& table : tables) {
        if (base.table_name != table.name || !base.schema_name.empty()) continue;
        auto rows = duckdb::make_uniq<duckdb::ColumnDataRef>(
            duckdb::optionally_owned_ptr<duckdb::ColumnDataCollection>(*table.rows), table.columns);
        rows->alias = base.alias.empty() ? table.name : base.alias;
        reference = std::move(rows);
        return;
      }
      return;
    }
    case duckdb::TableReferenceType::JOIN: {
      auto& join = reference->Cast<duckdb::JoinRef>();
      PutTables(join.left, tables);
      PutTables(join.right, tables);
      return;
    }
    case duckdb::TableReferenceType::SUBQUERY:
      return PutTables(*reference->Cast<duckdb::SubqueryRef>().subquery->node, tables);
    default:
      return;
  }
}

void PutTables(duckdb::QueryNode& node, const Tables& tables) {
  if (node.type == duckdb::QueryNodeType::SET_OPERATION_NODE) {
    for (auto& child : node.Cast<duckdb::SetOperationNode>().children) PutTables(*child, tables);
  }
  if (node.type != duckdb::QueryNodeType::SELECT_NODE) return;
  auto& select = node.Cast<duckdb::SelectNode>();
  if (select.from_table) PutTables(select.from_table, tables);
}

// Rows of a table whose first column names a partition.
std::map<std::string, duckdb::unique_ptr<duckdb::ColumnDataCollection>> Split(
    duckdb::ClientContext& context, duckdb::ColumnDataCollection& rows) {
  duckdb::vector<duckdb::LogicalType> types(rows.Types().begin() + 1, rows.Types().end());
  std::map<std::string, duckdb::unique_ptr<duckdb::ColumnDataCollection>> parts;
  for (auto& chunk : rows.Chunks()) {
    std::map<std::string, std::vector<duckdb::sel_t>> places;
    for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
      places[chunk.GetValue(0, row).ToString()].push_back(static_cast<duckdb::sel_t>(row));
    }
    for (auto& [partition, selected] : places) {
      auto& part = parts[partition];
      if (part == nullptr) part = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, types);
      duckdb::DataChunk slice;
      slice.InitializeEmpty(types);
      for (size_t i = 0; i < types.size(); ++i) slice.data[i].Reference(chunk.data[i + 1]);
      slice.SetCardinality(chunk.size());
      slice.Slice(duckdb::SelectionVector(selected.data()), selected.size());
      part->Append(slice);
    }
  }
  return parts;
}

}  // namespace

duckdb::unique_ptr<duckdb::MaterializedQueryResult> RunBeside(duckdb::ClientContext& context,
                                                              const std::string& sql,
                                                              const Tables& tables) {
  duckdb::Connection connection(*context.db);
  auto statements = connection.ExtractStatements(sql);
  auto& statement = *statements.at(0);
  if (statement.type == duckdb::StatementType::COPY_STATEMENT) {
    PutTables(*statement.Cast<duckdb::CopyStatement>().info->select_statement, tables);
  } else if (statement.type == duckdb::StatementType::SELECT_STATEMENT) {
    PutTables(*statement.Cast<duckdb::SelectStatement>().node, tables);
  }
  auto result = connection.Query(std::move(statements[0]));
  if (result->HasError()) result->ThrowError();
  return result;
}

void ForEachFile(size_t count, const std::function<void(size_t)>& work) {
  std::mutex mutex;
  std::exception_ptr failure;
  const auto done = ForEachInParallel(count, kFilesAtOnce, [&](size_t i) -> Result<void> {
    try {
      work(i);
      return {};
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
      return Fail(ErrorCode::kInternal, "a data file could not be read or written");
    }
  });
  if (failure) std::rethrow_exception(failure);
  Unwrap(done);
}

IcedbFileWriter::IcedbFileWriter(duckdb::ClientContext& context, OpenIcedbTable& open,
                                 IcedbWriteOptions options)
    : context_(context), open_(open), options_(std::move(options)) {}

IcedbFileWriter::~IcedbFileWriter() {
  if (kept_) return;
  for (const auto& key : keys_) (void)open_.table.place().data->Delete(key);
}

std::optional<icedb::FileMarker> IcedbFileWriter::Write(const std::string& query,
                                                        const std::string& partition,
                                                        const Tables& tables) {
  const std::string key =
      Unwrap(icedb::DataKey(open_.data_prefix(), partition, NewUuid(SystemClock()) + ".parquet"));
  {
    const std::lock_guard lock(mutex_);
    keys_.push_back(key);
  }
  const auto result = Copy(query, key, tables);
  if (result->GetValue(1, 0).GetValue<uint64_t>() == 0) {
    Unwrap(open_.table.place().data->Delete(key));
    const std::lock_guard lock(mutex_);
    std::erase(keys_, key);
    return std::nullopt;
  }
  return icedb::FileMarker{
      key, open_.table.NowMs(), result->GetValue(2, 0).GetValue<uint64_t>(), {}};
}

std::vector<icedb::FileMarker> IcedbFileWriter::WritePartitions(const NamedRows& rows,
                                                                size_t stored_count,
                                                                const std::string& partition_sql) {
  std::string stored;
  for (size_t i = 0; i < stored_count; ++i) {
    stored += fmt::format("{}{}", i > 0 ? ", " : "", QuoteIdentifier(rows.columns[i]));
  }
  std::vector<icedb::FileMarker> files;
  if (partition_sql.empty()) {
    auto file = Write(fmt::format("SELECT {} FROM {}", stored, rows.name), "", {rows});
    if (file) files.push_back(*std::move(file));
    return files;
  }
  auto named = RunBeside(
      context_, fmt::format("SELECT {}, {} FROM {}", partition_sql, stored, rows.name), {rows});
  auto parts = Split(context_, named->Collection());
  named.reset();
  std::vector<const decltype(parts)::value_type*> order;
  for (const auto& part : parts) order.push_back(&part);
  files.resize(order.size());
  const duckdb::vector<duckdb::string> names(
      rows.columns.begin(), rows.columns.begin() + static_cast<ptrdiff_t>(stored_count));
  ForEachFile(order.size(), [&](size_t i) {
    const auto& [partition, part] = *order[i];
    files[i] = *Write("SELECT * FROM part", partition, {{"part", part.get(), names}});
  });
  return files;
}

icedb::Columns IcedbFileWriter::Describe(const std::string& query) {
  icedb::Columns columns;
  const auto result = RunBeside(context_, "DESCRIBE " + query);
  for (duckdb::idx_t row = 0; row < result->RowCount(); ++row) {
    columns.emplace_back(result->GetValue(0, row).ToString(), result->GetValue(1, row).ToString());
  }
  return columns;
}

duckdb::unique_ptr<duckdb::MaterializedQueryResult> IcedbFileWriter::Copy(const std::string& query,
                                                                          const std::string& key,
                                                                          const Tables& tables) {
  const auto statement = [&](const std::string& rows) {
    return fmt::format(
        "COPY ({}) TO {} (FORMAT PARQUET, CODEC {}, ROW_GROUP_SIZE {}, RETURN_STATS, "
        "USE_TMP_FILE false)",
        rows, QuoteLiteral(open_.PathOf(key)), QuoteLiteral(options_.codec),
        options_.row_group_size);
  };
  if (options_.sort_order.empty()) return RunBeside(context_, statement(query), tables);
  const std::string sorted =
      statement(fmt::format("SELECT * FROM ({}) ORDER BY {}", query, options_.sort_order));
  try {
    return RunBeside(context_, sorted, tables);
  } catch (const duckdb::Exception& error) {
    if (duckdb::ErrorData(error).Type() != duckdb::ExceptionType::BINDER) throw;
    // A query need not have the columns that files are sorted by.
    return RunBeside(context_, statement(query), tables);
  }
}

}  // namespace icefall
