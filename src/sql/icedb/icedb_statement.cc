#include "sql/icedb/icedb_statement.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/sql_quote.h"
#include "sql/icedb/icedb_catalog.h"
#include "sql/icedb/icedb_entries.h"
#include "sql/icedb/icedb_transaction.h"
#include "sql/icedb/row_partitions.h"

namespace icefall {
namespace {

constexpr const char* kRows = "_icedb_rows";
constexpr const char* kPositions = "_icedb_positions";

duckdb::vector<duckdb::LogicalType> RowTypes(const IcedbView& view) {
  auto types = view.types;
  types.push_back(duckdb::LogicalType::VARCHAR);
  return types;
}

}  // namespace

IcedbStatement::IcedbStatement(duckdb::ClientContext& context, IcedbCatalog& catalog,
                               std::shared_ptr<IcedbTableEntry> table, std::string operation)
    : context_(context),
      catalog_(catalog),
      table_(std::move(table)),
      operation_(std::move(operation)),
      rows_(std::make_unique<duckdb::ColumnDataCollection>(context, RowTypes(view()))) {}

const IcedbView& IcedbStatement::view() const { return table_->view(); }

void IcedbStatement::RequireFitting() const {
  if (view().conflicts.empty()) return;
  const auto& conflict = view().conflicts.front();
  throw duckdb::ConstraintException(
      "column '%s' is %s in the table and %s in log file %s: repair the table first",
      conflict.column, conflict.type, conflict.new_type, conflict.source);
}

bool IcedbStatement::Delete(uint64_t file, uint64_t position) {
  auto& deleted = deleted_[file];
  if (deleted.Contains(position)) return false;
  deleted.Add(position);
  return true;
}

void IcedbStatement::Append(duckdb::DataChunk& rows, duckdb::Vector& old_partitions) {
  duckdb::DataChunk all;
  all.InitializeEmpty(RowTypes(view()));
  for (size_t i = 0; i < view().column_count(); ++i) all.data[i].Reference(rows.data[i]);
  all.data.back().Reference(old_partitions);
  all.SetCardinality(rows.size());
  rows_->Append(all);
}

void IcedbStatement::Insert(duckdb::DataChunk& rows) {
  duckdb::Vector none{duckdb::Value(duckdb::LogicalType::VARCHAR)};
  Append(rows, none);
  has_new_ |= rows.size() > 0;
}

void IcedbStatement::Update(duckdb::DataChunk& rows, const std::vector<uint64_t>& files) {
  duckdb::Vector partitions(duckdb::LogicalType::VARCHAR);
  for (duckdb::idx_t row = 0; row < rows.size(); ++row) {
    partitions.SetValue(row, duckdb::Value(view().files.at(files[row]).partition));
  }
  Append(rows, partitions);
  has_updated_ |= rows.size() > 0;
}

IcedbStatement::Touched IcedbStatement::Touch(uint64_t file,
                                              const DeletionVector& positions) const {
  const duckdb::vector<duckdb::LogicalType> types = {duckdb::LogicalType::BIGINT};
  Touched touched{&view().files.at(file),
                  std::make_unique<duckdb::ColumnDataCollection>(context_, types)};
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
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
std::string IcedbStatement::JoinPositions(const Touched& touched, const char* join) const {
  return fmt::format(
      "SELECT f.* FROM read_parquet([{}], hive_partitioning = false) AS f {} JOIN {} AS p ON "
      "f.file_row_number = p.position",
      QuoteLiteral(catalog_.open().PathOf(touched.file->marker.path)), join, kPositions);
}

void IcedbStatement::ReturnRows(const RowPlaces& places, ReturnedRows& returned) {
  std::string typed;
  for (size_t i = 0; i < view().stored_count; ++i) {
    typed += fmt::format("{}CAST(NULL AS {}) AS {}", i > 0 ? ", " : "", view().types[i].ToString(),
                         QuoteIdentifier(view().names[i]));
  }
  for (const auto& [number, positions] : places) {
    const auto touched = Touch(number, positions);
    std::string columns;
    for (size_t i = 0; i < view().column_count(); ++i) {
      std::string value = QuoteIdentifier(view().names[i]);
      if (i >= view().stored_count) {
        const auto& key = touched.file->keys[i - view().stored_count];
        value = key ? QuoteLiteral(*key) : "NULL";
      }
      columns +=
          fmt::format("{}CAST({} AS {})", i > 0 ? ", " : "", value, view().types[i].ToString());
    }
    const auto rows =
        RunBeside(context_,
                  fmt::format("SELECT {} FROM (({}) UNION ALL BY NAME (SELECT {} WHERE false))",
                              columns, JoinPositions(touched, "SEMI"), typed),
                  {{kPositions, touched.positions.get(), {"position"}}});
    for (auto& chunk : rows->Collection().Chunks()) returned.AddRows(chunk);
  }
}

NamedRows IcedbStatement::NewRows() const {
  NamedRows rows{kRows, rows_.get(), view().names};
  rows.columns.push_back(kOldPartition);
  return rows;
}

const IcedbWriting& IcedbStatement::writing() const {
  return IcedbTransaction::Get(context_, catalog_).writing();
}

void IcedbStatement::CheckKeys() const {
  const auto condition = ContradictsRule(view(), writing().partition_rule);
  if (condition.empty() || !has_new_) return;
  const auto found = RunBeside(context_,
                               fmt::format("SELECT count(*) FROM {} WHERE {} IS NULL AND ({})",
                                           kRows, kOldPartition, condition),
                               {NewRows()});
  if (found->GetValue(0, 0).GetValue<int64_t>() == 0) return;
  throw duckdb::ConstraintException(
      "INSERT: a key of the partition is given that is not what partition_by says of the row; "
      "leave the key out, or NULL");
}

std::string IcedbStatement::PartitionSql() const {
  const auto& rule = writing().partition_rule;
  const std::string updated = has_updated_ ? PartitionOfChangedRows(view(), rule) : "";
  if (!has_new_) return updated;
  const std::string fresh = PartitionOfNewRows(view(), rule);
  if (!has_updated_ || fresh == updated) return fresh;
  const auto or_none = [](const std::string& sql) { return sql.empty() ? "''" : sql; };
  return fmt::format("CASE WHEN {} IS NULL THEN {} ELSE {} END", kOldPartition, or_none(fresh),
                     or_none(updated));
}

void IcedbStatement::Apply() {
  if (deleted_.empty() && rows_->Count() == 0) return;
  const int64_t started_at_ms = catalog_.open().table.NowMs();
  CheckKeys();
  IcedbFileWriter writer(context_, catalog_.open(), writing().options);
  std::vector<std::string> killed;
  std::vector<Touched> touched;
  std::vector<icedb::FileMarker> old_files;
  for (const auto& [number, positions] : deleted_) {
    touched.push_back(Touch(number, positions));
    old_files.push_back(touched.back().file->marker);
    killed.push_back(old_files.back().path);
  }
  catalog_.open().ReadSmallFiles(old_files);
  std::vector<std::optional<icedb::FileMarker>> kept(touched.size());
  ForEachFile(touched.size(), [&](size_t i) {
    kept[i] = writer.Write(JoinPositions(touched[i], "ANTI") + " ORDER BY f.file_row_number",
                           touched[i].file->partition,
                           {{kPositions, touched[i].positions.get(), {"position"}}});
  });
  std::vector<icedb::FileMarker> added;
  for (auto& file : kept) {
    if (file) added.push_back(*std::move(file));
  }
  if (rows_->Count() > 0) {
    auto files = writer.WritePartitions(NewRows(), view().stored_count, PartitionSql());
    added.insert(added.end(), std::make_move_iterator(files.begin()),
                 std::make_move_iterator(files.end()));
  }
  IcedbTransaction::Get(context_, catalog_)
      .Replace(operation_, killed, std::move(added), started_at_ms);
  writer.Keep();
}

}  // namespace icefall
