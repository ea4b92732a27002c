#include "sql/maintenance/live_rows_writer.h"

#include <utility>

#include "duckdb/main/config.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include <fmt/format.h>

#include "base/sql_quote.h"
#include "sql/from_duckdb.h"
#include "sql/storage_extension.h"
#include "sql/type_mapping.h"

namespace icefall {
namespace {

constexpr const char* kAlias = "icefall_proxied";

std::string Literal(const std::string& text) { return duckdb::Value(text).ToSQLString(); }

// The stored columns as they are in data files, of a table whose columns have other names: its own
// could hide the one that says which file a row is of.
std::string StoredColumns(const Schema& schema) {
  std::string columns;
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const Field& field = schema.fields[i];
    if (field.generated_as) continue;
    const auto type = ToDuckdb(field.type);
    const std::string value = NeedsPhysicalCast(type)
                                  ? fmt::format("CAST(c{} AS {})", i, PhysicalType(type).ToString())
                                  : fmt::format("c{}", i);
    columns +=
        fmt::format("{}{} AS {}", columns.empty() ? "" : ", ", value, QuoteIdentifier(field.name));
  }
  return columns;
}

std::string OtherNames(const Schema& schema) {
  std::string names;
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
  }
  return names;
}

class DuckdbWriter : public LiveRowsWriter {
 public:
  Result<void> Attach(const LiveRowsSettings& settings) {
    return CatchDuckdb([&] {
      duckdb::DBConfig config;
      config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
      config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
      config.SetOptionByName("temp_directory", duckdb::Value(settings.temp_directory));
      config.SetOptionByName("memory_limit",
                             duckdb::Value(fmt::format("{}B", settings.memory_limit_bytes)));
      // Several would cut row groups differently from time to time.
      config.SetOptionByName("threads", duckdb::Value::UINTEGER(1));
      instance_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
      RegisterIcefall(*instance_->instance);
      duckdb::Connection connection(*instance_);
      Run(connection, fmt::format("ATTACH {} AS {} (TYPE icefall, READ_ONLY, SNAPSHOT {})",
                                  Literal(settings.location), kAlias, settings.point));
    });
  }

  Result<void> Write(const ObjectName& table, const Schema& schema, uint64_t fragment,
                     const std::string& path) override {
    return CatchDuckdb([&] {
      duckdb::Connection connection(*instance_);
      Run(connection, "SET TimeZone = 'UTC'");
      Run(connection,
          fmt::format("COPY (SELECT {} FROM {}.{}.{} AS t({}) WHERE file_index = {}) TO {} (FORMAT "
                      "parquet, COMPRESSION snappy, FIELD_IDS {})",
                      StoredColumns(schema), kAlias, QuoteIdentifier(table.schema),
                      QuoteIdentifier(table.name), OtherNames(schema), fragment, Literal(path),
                      FieldIdsOption(schema.fields).ToSQLString()));
    });
  }

 private:
  static void Run(duckdb::Connection& connection, const std::string& sql) {
    const auto result = connection.Query(sql);
    if (result->HasError()) result->ThrowError();
  }

  std::unique_ptr<duckdb::DuckDB> instance_;
};

}  // namespace

Result<std::unique_ptr<LiveRowsWriter>> LiveRowsWriter::Open(const LiveRowsSettings& settings) {
  auto writer = std::make_unique<DuckdbWriter>();
  ICEFALL_RETURN_IF_ERROR(writer->Attach(settings));
  return writer;
}

}  // namespace icefall
