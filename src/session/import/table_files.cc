#include "session/import/table_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "duckdb/common/string_util.hpp"
#include "duckdb/main/table_description.hpp"
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "session/duckdb_result.h"
#include "session/import/file_source.h"
#include "session/output/output.h"

namespace icefall {

namespace {

namespace fs = std::filesystem;

// Null when there is no such table.
duckdb::unique_ptr<duckdb::TableDescription> FindTable(Session& session,
                                                       const QualifiedName& table) {
  return session.impl().connection->TableInfo(std::string(kDatabaseAlias), table.schema,
                                              table.name);
}

std::unexpected<Error> TableNotFound(const QualifiedName& table) {
  return Fail(ErrorCode::kNotFound,
              fmt::format("table '{}{}' not found",
                          table.schema == "main" ? "" : table.schema + ".", table.name));
}

// Without what DuckDB adds for people who wrote the SQL: the place in our statement, and options of
// its readers. Names the file.
Error ForFile(const std::string& path, const Error& error) {
  std::string message = error.message();
  for (const char* mark : {"\n\nLINE ", "\nPossible fixes:", "\nPossible Solution",
                           "\n  file =", "\nThis type was either", "\nThe search space used"}) {
    const size_t advice = message.find(mark);
    if (advice != std::string::npos) message.resize(advice);
  }
  while (message.ends_with('\n')) message.pop_back();
  Error short_error(error.code(), std::move(message));
  const bool names_file = short_error.message().find(path) != std::string::npos;
  return names_file ? short_error : short_error.WithContext(path);
}

// A data file below the name it will have, until Keep.
class PartialFile {
 public:
  explicit PartialFile(const std::string& path)
      : path_(path), partial_(fmt::format("{}.partial-{}", path, ::getpid())) {}
  ~PartialFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    std::error_code ignored;  // gone after Keep; else the name says what is left
    fs::remove(partial_, ignored);
  }

  Result<int> Open() {
    descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) return Failure("write");
    return descriptor_;
  }
  Result<void> Keep() {
    if (::rename(partial_.c_str(), path_.c_str()) != 0) return Failure("replace");
    return {};
  }
  const std::string& partial_path() const { return partial_; }

 private:
  std::unexpected<Error> Failure(std::string_view verb) const {
    const bool refused = errno == EACCES || errno == EROFS;
    return Fail(refused ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable,
                fmt::format("cannot {} '{}': {}", verb, path_, std::strerror(errno)));
  }

  std::string path_;
  std::string partial_;
  int descriptor_ = -1;
};

output::Format OutputFormatOf(FileFormat format) {
  switch (format) {
    case FileFormat::kArrowFile:
      return output::Format::kArrowFile;
    case FileFormat::kArrowStream:
      return output::Format::kArrow;
    case FileFormat::kCsv:
      return output::Format::kCsv;
    case FileFormat::kJson:
      return output::Format::kJson;
    case FileFormat::kJsonLines:
      return output::Format::kJsonLines;
    default:
      return output::Format::kTsv;
  }
}

std::string SelectForParquet(const QualifiedName& table, const std::vector<TableColumn>& columns) {
  std::string replace;
  for (const auto& column : columns) {
    if (column.type != "HUGEINT" && column.type != "UHUGEINT") continue;
    const std::string name = QuoteIdentifier(column.name);
    replace +=
        fmt::format("{}CAST({} AS DECIMAL(38,0)) AS {}", replace.empty() ? "" : ", ", name, name);
  }
  if (!replace.empty()) replace = fmt::format(" REPLACE ({})", replace);
  return fmt::format("SELECT *{} FROM {}", replace, QuoteName(table));
}

Result<uint64_t> ExecuteFrom(Session& session, const std::string& path, const std::string& sql) {
  auto rows = session.Execute(sql);
  if (!rows.has_value()) return Fail(ForFile(path, rows.error()));
  return rows;
}

Result<std::unique_ptr<FileSource>> OpenSource(Session& session, const std::string& path,
                                               FileFormat format, const ReadOptions& options) {
  auto source = FileSource::Open(session, path, format, options);
  if (!source.has_value()) return Fail(ForFile(path, source.error()));
  return source;
}

// Every name that a type was given for must be a column of the file.
Result<void> CheckNames(const std::string& path, const std::vector<TableColumn>& columns,
                        const std::map<std::string, std::string>& types) {
  for (const auto& [name, type] : types) {
    const bool known = std::ranges::any_of(columns, [&](const TableColumn& column) {
      return duckdb::StringUtil::Lower(column.name) == name;
    });
    if (!known) {
      return Fail(ErrorCode::kInvalidArgument, fmt::format("'{}' has no column '{}'", path, name));
    }
  }
  return {};
}

std::map<std::string, std::string> TypesOf(const std::vector<TableColumn>& columns) {
  std::map<std::string, std::string> types;
  for (const auto& column : columns) types[duckdb::StringUtil::Lower(column.name)] = column.type;
  return types;
}

}  // namespace

Result<std::vector<TableColumn>> DescribeTable(Session& session, const QualifiedName& table) {
  ICEFALL_ASSIGN_OR_RETURN(const auto info, CatchDuckdb([&] { return FindTable(session, table); }));
  if (!info) return TableNotFound(table);
  std::vector<TableColumn> columns;
  for (const auto& column : info->columns) {
    if (column.Generated()) continue;
    columns.push_back({column.Name(), column.Type().ToString()});
  }
  return columns;
}

Result<uint64_t> InsertFile(Session& session, const QualifiedName& table, const std::string& path,
                            FileFormat format, const ReadOptions& options) {
  ICEFALL_ASSIGN_OR_RETURN(const auto columns, DescribeTable(session, table));
  ICEFALL_ASSIGN_OR_RETURN(
      const auto source, OpenSource(session, path, format, {TypesOf(columns), options.null_text}));
  return ExecuteFrom(session, path,
                     fmt::format("INSERT INTO {} BY NAME {}", QuoteName(table), source->select()));
}

Result<uint64_t> ImportFile(Session& session, const QualifiedName& table, const std::string& path,
                            FileFormat format, const ReadOptions& options) {
  ICEFALL_ASSIGN_OR_RETURN(const auto existing,
                           CatchDuckdb([&] { return FindTable(session, table); }));
  if (existing) return InsertFile(session, table, path, format, options);
  std::map<std::string, std::string> lower;
  for (const auto& [name, type] : options.types) lower[duckdb::StringUtil::Lower(name)] = type;
  ICEFALL_ASSIGN_OR_RETURN(const auto source,
                           OpenSource(session, path, format, {lower, options.null_text}));
  ICEFALL_RETURN_IF_ERROR(CheckNames(path, source->columns(), lower));
  return ExecuteFrom(session, path,
                     fmt::format("CREATE TABLE {} AS {}", QuoteName(table), source->select()));
}

Result<uint64_t> ExportTable(Session& session, const QualifiedName& table, const std::string& path,
                             FileFormat format) {
  ICEFALL_ASSIGN_OR_RETURN(const auto columns, DescribeTable(session, table));
  PartialFile file(path);
  ICEFALL_ASSIGN_OR_RETURN(const int descriptor, file.Open());
  uint64_t rows = 0;
  if (format == FileFormat::kParquet) {
    ICEFALL_ASSIGN_OR_RETURN(rows, session.Execute(fmt::format("COPY ({}) TO {} (FORMAT parquet)",
                                                               SelectForParquet(table, columns),
                                                               QuoteLiteral(file.partial_path()))));
  } else {
    output::DescriptorSink sink(descriptor, fmt::format("'{}'", path));
    ICEFALL_ASSIGN_OR_RETURN(auto result, session.Query("SELECT * FROM " + QuoteName(table)));
    ICEFALL_ASSIGN_OR_RETURN(rows, output::Write(result, OutputFormatOf(format), sink));
  }
  ICEFALL_RETURN_IF_ERROR(file.Keep());
  return rows;
}

}  // namespace icefall
