#include "sql/maintenance/parquet_reader.h"

#include <string>
#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include <fmt/format.h>

#include "base/sql_quote.h"
#include "sql/from_duckdb.h"
#include "sql/icefall_table_entry.h"
#include "sql/index/fragment_index.h"
#include "sql/maintenance/check_derived_files.h"
#include "sql/storage_extension.h"

namespace icefall {

namespace {

// Bounds are compared where the column has in the file the type that it has in the table, and text
// and order of the values do not depend on how they are stored.
bool BoundsAreComparable(const Type& type) {
  if (type.kind != TypeKind::kPrimitive) return false;
  for (const char* name : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT",
                           "UINTEGER", "UBIGINT", "DATE", "TIMESTAMP"}) {
    if (type.name == name) return true;
  }
  return type.name.starts_with("DECIMAL");
}

std::optional<std::string> TextOf(const duckdb::Value& value) {
  if (value.IsNull()) return std::nullopt;
  return value.ToString();
}

std::optional<uint64_t> NumberOf(const duckdb::Value& value) {
  if (value.IsNull()) return std::nullopt;
  return value.GetValue<uint64_t>();
}

class ParquetReader : public DataFileReader {
 public:
  ParquetReader() : database_(nullptr), connection_(database_) {}

  Result<uint64_t> RowCount(const std::string& path) override {
    ICEFALL_ASSIGN_OR_RETURN(
        const auto rows,
        Query(fmt::format("SELECT num_rows FROM parquet_file_metadata({})", QuoteLiteral(path))));
    return rows->GetValue(0, 0).GetValue<uint64_t>();
  }

  Result<DataFileFacts> ReadAll(const std::string& path, const Schema& schema,
                                bool has_row_ids) override {
    std::string select = "count(*)";
    std::vector<FieldId> fields;
    for (const Field& field : schema.fields) {
      if (field.generated_as) continue;
      const std::string name = QuoteIdentifier(field.name);
      // The hash makes the reader decode nested values, too.
      select += fmt::format(", count(*) - count({}), bit_xor(hash({})), ", name, name);
      select += BoundsAreComparable(field.type)
                    ? fmt::format("min({})::VARCHAR, max({})::VARCHAR", name, name)
                    : "NULL, NULL";
      const bool is_text = field.type.kind == TypeKind::kPrimitive && field.type.name == "VARCHAR";
      select += is_text ? fmt::format(", max(strlen({}))", name) : ", NULL";
      fields.push_back(field.id);
    }
    ICEFALL_ASSIGN_OR_RETURN(const auto rows, Query(fmt::format("SELECT {} FROM read_parquet({})",
                                                                select, QuoteLiteral(path))));
    DataFileFacts facts;
    facts.row_count = rows->GetValue(0, 0).GetValue<uint64_t>();
    for (size_t i = 0; i < fields.size(); ++i) {
      const size_t column = 1 + i * 5;
      facts.columns.push_back({fields[i], rows->GetValue(column, 0).GetValue<uint64_t>(),
                               TextOf(rows->GetValue(column + 2, 0)),
                               TextOf(rows->GetValue(column + 3, 0)),
                               NumberOf(rows->GetValue(column + 4, 0))});
    }
    if (has_row_ids) ICEFALL_RETURN_IF_ERROR(ReadRowIds(path, facts));
    return facts;
  }

  Result<std::optional<std::string>> FindDuplicateKey(
      const std::string& location, const ObjectName& table,
      const std::vector<std::string>& columns) override {
    std::string key, conditions;
    for (const std::string& column : columns) {
      key += (key.empty() ? "" : ", ") + QuoteIdentifier(column);
      conditions += (conditions.empty() ? "" : " AND ") + QuoteIdentifier(column) + " IS NOT NULL";
    }
    ICEFALL_ASSIGN_OR_RETURN(
        const auto rows,
        QueryDatabase(location, fmt::format("SELECT ({0})::VARCHAR FROM {1} WHERE {2} GROUP BY {0} "
                                            "HAVING count(*) > 1 LIMIT 1",
                                            key, NameOf(table), conditions)));
    if (rows->RowCount() == 0) return std::nullopt;
    return rows->GetValue(0, 0).ToString();
  }

  Result<uint64_t> CountNulls(const std::string& location, const ObjectName& table,
                              const std::string& column) override {
    ICEFALL_ASSIGN_OR_RETURN(
        const auto rows,
        QueryDatabase(location, fmt::format("SELECT count(*) FROM {} WHERE {} IS NULL",
                                            NameOf(table), QuoteIdentifier(column))));
    return rows->GetValue(0, 0).GetValue<uint64_t>();
  }

  Result<uint64_t> CountViolations(const std::string& location, const ObjectName& table,
                                   const std::string& expression) override {
    ICEFALL_RETURN_IF_ERROR(Attach(location));
    // Types and macros that the expression names are the database's.
    ICEFALL_RETURN_IF_ERROR(
        Query(fmt::format("USE {}.{}", kCheckedAlias, QuoteIdentifier(table.schema))));
    const auto rows = Query(fmt::format("SELECT count(*) FROM {} WHERE NOT CAST(({}) AS BOOLEAN)",
                                        NameOf(table), expression));
    ICEFALL_RETURN_IF_ERROR(Query("USE memory"));
    if (!rows) return Fail(rows.error());
    return (*rows)->GetValue(0, 0).GetValue<uint64_t>();
  }

  Result<std::vector<std::string>> FindWrongIndexes(const std::string& location,
                                                    const ObjectName& table) override {
    return WithTable(location, table, [](auto& context, const IcefallTableEntry& entry) {
      return icefall::FindWrongIndexes(context, entry);
    });
  }

  Result<std::vector<DamagedDerivedFile>> FindDamagedDerivedFiles(
      const std::string& location, const ObjectName& table,
      const std::map<std::string, std::string>& data_files, DerivedDepth depth) override {
    return WithTable(location, table, [&](auto& context, const IcefallTableEntry& entry) {
      return icefall::FindDamagedDerivedFiles(context, entry, data_files, depth);
    });
  }

 private:
  static constexpr std::string_view kCheckedAlias = "checked";

  static std::string NameOf(const ObjectName& table) {
    return fmt::format("{}.{}.{}", kCheckedAlias, QuoteIdentifier(table.schema),
                       QuoteIdentifier(table.name));
  }

  // What `use` answers for the table, in a transaction of the database.
  template <typename Use>
  auto WithTable(const std::string& location, const ObjectName& table, const Use& use)
      -> Result<decltype(use(std::declval<duckdb::ClientContext&>(),
                             std::declval<const IcefallTableEntry&>()))> {
    ICEFALL_RETURN_IF_ERROR(Attach(location));
    auto& context = *connection_.context;
    return CatchDuckdb([&] {
      decltype(use(context, std::declval<const IcefallTableEntry&>())) answer;
      context.RunFunctionInTransaction([&] {
        auto& entry = duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(
            context, std::string(kCheckedAlias), table.schema, table.name);
        // One that is damaged has an entry of another class.
        const auto* readable = dynamic_cast<IcefallTableEntry*>(&entry);
        if (readable == nullptr) {
          throw duckdb::IOException(fmt::format("table '{}' cannot be read", table.name));
        }
        answer = use(context, *readable);
      });
      return answer;
    });
  }

  // With the database attached, and nothing concluded from constraints.
  Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> QueryDatabase(
      const std::string& location, const std::string& sql) {
    ICEFALL_RETURN_IF_ERROR(Attach(location));
    return Query(sql);
  }

  Result<void> Attach(const std::string& location) {
    if (!is_registered_) {
      ICEFALL_RETURN_IF_ERROR(CatchDuckdb([&] { RegisterIcefall(*database_.instance); }));
      ICEFALL_RETURN_IF_ERROR(
          Query("SET disabled_optimizers = 'expression_rewriter,statistics_propagation'"));
      // What is checked is the data files, and who met a damaged replica would delete it.
      for (const char* derived : {"replicas", "partial_aggregates", "metadata_aggregates"}) {
        ICEFALL_RETURN_IF_ERROR(Query(fmt::format("SET icefall_{} = false", derived)));
      }
      is_registered_ = true;
    }
    ICEFALL_RETURN_IF_ERROR(
        Query(fmt::format("ATTACH OR REPLACE {} AS {} (TYPE icefall, READ_ONLY)",
                          QuoteLiteral(location), kCheckedAlias)));
    return {};
  }

  Result<void> ReadRowIds(const std::string& path, DataFileFacts& facts) {
    ICEFALL_ASSIGN_OR_RETURN(const auto rows,
                             Query(fmt::format("SELECT _row_id FROM read_parquet({}) "
                                               "ORDER BY file_row_number",
                                               QuoteLiteral(path))));
    for (auto& row : rows->Collection().Rows()) {
      const duckdb::Value id = row.GetValue(0);
      facts.row_ids.push_back(id.IsNull() ? std::nullopt : std::optional(id.GetValue<uint64_t>()));
    }
    return {};
  }

  Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> Query(const std::string& sql) {
    ICEFALL_ASSIGN_OR_RETURN(auto result, CatchDuckdb([&] { return connection_.Query(sql); }));
    if (!result->HasError()) return result;
    const Error error = FromDuckdb(result->GetErrorObject());
    // Where in the statement it was found is nothing to those who did not write it.
    return Fail(error.code(), error.message().substr(0, error.message().find("\n\nLINE ")));
  }

  duckdb::DuckDB database_;
  duckdb::Connection connection_;
  bool is_registered_ = false;
};

}  // namespace

Result<std::unique_ptr<DataFileReader>> MakeParquetReader() {
  return CatchDuckdb(
      []() -> std::unique_ptr<DataFileReader> { return std::make_unique<ParquetReader>(); });
}

}  // namespace icefall
