#include "session/import/file_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "duckdb/common/string_util.hpp"
#include "duckdb/main/prepared_statement.hpp"
#include "duckdb/parser/parser.hpp"
#include <fmt/format.h>
#include <unistd.h>

#include "session/arrow/arrow_file.h"
#include "session/duckdb_result.h"
#include "session/work_monitor.h"

namespace icefall {

namespace {

using Types = std::map<std::string, std::string>;

const std::string* TypeOf(const Types& types, const std::string& column) {
  const auto found = types.find(duckdb::StringUtil::Lower(column));
  return found == types.end() ? nullptr : &found->second;
}

void UseTypes(const Types& types, std::vector<TableColumn>& columns) {
  for (auto& column : columns) {
    if (const std::string* type = TypeOf(types, column.name)) column.type = *type;
  }
}

bool IsNested(const std::string& type) {
  return type.ends_with(']') || type.starts_with("STRUCT") || type.starts_with("MAP") ||
         type.starts_with("UNION");
}

// What is read as text and converted by an expression: binary values are hexadecimal in CSV and
// JSON, where SQL would take the digits for the bytes; nested ones are JSON in CSV, or in the form
// of SQL's cast to VARCHAR, as DuckDB writes them.
std::string Conversion(const TableColumn& column, FileFormat format) {
  const std::string name = QuoteIdentifier(column.name);
  if (column.type == "BLOB") return fmt::format("unhex({})", name);
  if (format != FileFormat::kCsv || !IsNested(column.type)) return "";
  return fmt::format(
      "CASE WHEN json_valid({0}) THEN CAST(CAST({0} AS JSON) AS {1}) ELSE CAST({0} AS {1}) END",
      name, column.type);
}

std::string SelectConverted(const std::string& source, const std::vector<TableColumn>& columns,
                            FileFormat format) {
  std::string replace;
  for (const auto& column : columns) {
    const std::string conversion = Conversion(column, format);
    if (conversion.empty()) continue;
    replace += fmt::format("{}{} AS {}", replace.empty() ? "" : ", ", conversion,
                           QuoteIdentifier(column.name));
  }
  if (!replace.empty()) replace = fmt::format(" REPLACE ({})", replace);
  return fmt::format("SELECT *{} FROM {}", replace, source);
}

bool IsEmptyFile(const std::string& path) {
  std::error_code ignored;  // what cannot be looked at is read, which says why
  return std::filesystem::is_regular_file(path, ignored) &&
         std::filesystem::file_size(path, ignored) == 0;
}

// {'name': 'type', …} of the columns as they are read.
std::string TypeMap(const std::vector<TableColumn>& columns, FileFormat format) {
  std::string map;
  for (const auto& column : columns) {
    const bool converted = !Conversion(column, format).empty();
    map += fmt::format("{}{}: {}", map.empty() ? "" : ", ", QuoteLiteral(column.name),
                       QuoteLiteral(converted ? "VARCHAR" : column.type));
  }
  return "{" + map + "}";
}

}  // namespace

FileSource::~FileSource() {
  if (tsv_) session_.impl().connection->Query("DROP VIEW IF EXISTS temp.main.icefall_tsv");
}

Result<std::unique_ptr<FileSource>> FileSource::Open(Session& session, const std::string& path,
                                                     FileFormat format,
                                                     const ReadOptions& options) {
  if (::access(path.c_str(), R_OK) != 0) {
    return Fail(errno == EACCES ? ErrorCode::kPermissionDenied : ErrorCode::kNotFound,
                fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  }
  if (format == FileFormat::kCsv && IsEmptyFile(path)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}': expected a header line of column names, found none", path));
  }
  std::unique_ptr<FileSource> source(new FileSource(session, path));
  Result<void> opened;
  switch (format) {
    case FileFormat::kParquet:
      source->select_ = fmt::format("SELECT * FROM read_parquet({})", QuoteLiteral(path));
      break;
    case FileFormat::kArrowFile:
    case FileFormat::kArrowStream:
      opened = source->OpenArrow();
      break;
    case FileFormat::kCsv:
      opened = source->OpenCsv(options);
      break;
    case FileFormat::kJson:
    case FileFormat::kJsonLines:
      opened = source->OpenJson(options);
      break;
    case FileFormat::kTsv:
      opened = source->OpenTsv(options);
      break;
  }
  if (!opened.has_value()) return Fail(opened.error());
  return source;
}

Result<std::vector<TableColumn>> FileSource::ReadColumns(const std::string& select) {
  return CatchDuckdb([&] {
    const auto prepared = session_.impl().connection->Prepare(select);
    if (prepared->HasError()) prepared->error.Throw();
    std::vector<TableColumn> columns;
    for (size_t i = 0; i < prepared->GetNames().size(); ++i) {
      columns.push_back({prepared->GetNames()[i], prepared->GetTypes()[i].ToString()});
    }
    return columns;
  });
}

Result<bool> FileSource::HasRows(const std::string& source) {
  ICEFALL_ASSIGN_OR_RETURN(auto result,
                           session_.Query(fmt::format("SELECT 1 FROM {} LIMIT 1", source)));
  ICEFALL_ASSIGN_OR_RETURN(const auto chunk, result.stream().Fetch());
  return chunk != nullptr;
}

Result<void> FileSource::SelectNothing(const Types& types) {
  if (types.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}': has no rows, and so no columns to make a table of", path_));
  }
  columns_.clear();
  select_ = fmt::format("SELECT NULL AS {} WHERE false", QuoteIdentifier(types.begin()->first));
  return {};
}

Result<void> FileSource::OpenCsv(const ReadOptions& options) {
  std::string file =
      fmt::format("{}, header = true, allow_quoted_nulls = false", QuoteLiteral(path_));
  if (!options.null_text.empty()) {
    file += fmt::format(", nullstr = ['', {}]", QuoteLiteral(options.null_text));
  }
  ICEFALL_ASSIGN_OR_RETURN(columns_, ReadColumns(fmt::format("SELECT * FROM read_csv({})", file)));
  const bool all_given = std::ranges::all_of(columns_, [&](const TableColumn& column) {
    return TypeOf(options.types, column.name) != nullptr;
  });
  if (!all_given) {
    // The whole file decides: a text that looks like a number only in its first rows would fail
    // the load. When the whole file is no CSV, loading it says in which line.
    auto whole = ReadColumns(fmt::format("SELECT * FROM read_csv({}, sample_size = -1)", file));
    if (whole.has_value() && whole->size() == columns_.size()) columns_ = std::move(*whole);
  }
  UseTypes(options.types, columns_);
  select_ = SelectConverted(
      fmt::format("read_csv({}, types = {})", file, TypeMap(columns_, FileFormat::kCsv)), columns_,
      FileFormat::kCsv);
  return {};
}

Result<void> FileSource::OpenJson(const ReadOptions& options) {
  const std::string file = QuoteLiteral(path_);
  ICEFALL_ASSIGN_OR_RETURN(
      columns_, ReadColumns(fmt::format("SELECT * FROM read_json({}, sample_size = -1)", file)));
  ICEFALL_ASSIGN_OR_RETURN(const bool has_rows, HasRows(fmt::format("read_json({})", file)));
  if (!has_rows) return SelectNothing(options.types);
  UseTypes(options.types, columns_);
  select_ = SelectConverted(
      fmt::format("read_json({}, columns = {})", file, TypeMap(columns_, FileFormat::kJson)),
      columns_, FileFormat::kJson);
  return {};
}

Result<void> FileSource::OpenTsv(const ReadOptions& options) {
  tsv_ = std::make_unique<TsvPlan>();
  tsv_->path = path_;
  auto& monitor = *session_.impl().monitor;
  ICEFALL_RETURN_IF_ERROR(monitor.Begin());
  std::error_code ignored;  // without a size there is no progress to show, nothing worse
  const auto size_bytes = static_cast<double>(std::filesystem::file_size(path_, ignored));
  auto shape = InferTsv(path_, options.null_text, [&](uint64_t bytes_read) {
    return monitor.Step(ignored ? -1 : 100 * static_cast<double>(bytes_read) / size_bytes);
  });
  monitor.Pause();
  ICEFALL_ASSIGN_OR_RETURN(tsv_->shape, std::move(shape));
  for (size_t c = 0; c < tsv_->shape.names.size(); ++c) {
    columns_.push_back({tsv_->shape.names[c], tsv_->shape.types[c]});
  }
  UseTypes(options.types, columns_);
  auto& connection = *session_.impl().connection;
  return CatchDuckdb([&] {
    connection.context->RunFunctionInTransaction([&] {
      for (const auto& column : columns_) {
        tsv_->types.push_back(
            duckdb::TransformStringToLogicalType(column.type, *connection.context));
      }
    });
    ScanTsv(connection, *tsv_)->CreateView("icefall_tsv", true, true);
    select_ = "SELECT * FROM temp.main.icefall_tsv";
  });
}

Result<void> FileSource::OpenArrow() {
  ArrowArrayStream stream;
  ICEFALL_RETURN_IF_ERROR(OpenArrowFile(path_, &stream));
  arrow_ = std::make_unique<ArrowInput>(*session_.impl().connection, &stream);
  select_ = fmt::format("SELECT * FROM {}", ArrowInput::kViewName);
  return arrow_->Bind();
}

}  // namespace icefall
