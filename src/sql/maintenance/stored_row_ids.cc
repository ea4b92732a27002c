#include "sql/maintenance/stored_row_ids.h"

#include <memory>
#include <mutex>

#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"
#include <fmt/format.h>

#include "base/sql_quote.h"
#include "sql/write/data_file_format.h"

namespace icefall {
namespace {

class Reader {
 public:
  Result<void> Read(
      const std::string& path,
      const std::function<void(uint64_t position, std::optional<RowId> stored)>& visit) {
    const std::lock_guard lock(mutex_);
    try {
      if (database_ == nullptr) database_ = std::make_unique<duckdb::DuckDB>(nullptr);
      duckdb::Connection connection(*database_);
      const auto file = duckdb::Value(path).ToSQLString();
      const auto names =
          Query(connection, fmt::format("SELECT name FROM parquet_schema({}) WHERE field_id = {}",
                                        file, kRowIdFieldId));
      const auto name = names->Fetch();
      if (name == nullptr || name->size() == 0) {
        return Fail(ErrorCode::kCorruption, fmt::format("{}: it stores no row ids", path));
      }
      const auto column = QuoteIdentifier(name->GetValue(0, 0).ToString());
      const auto rows =
          Query(connection, fmt::format("SELECT file_row_number, {} FROM read_parquet({}, "
                                        "file_row_number = true)",
                                        column, file));
      while (auto chunk = rows->Fetch()) Visit(*chunk, visit);
    } catch (const std::exception& exception) {
      return Fail(ErrorCode::kUnavailable, fmt::format("{}: its row ids cannot be read: {}", path,
                                                       duckdb::ErrorData(exception).Message()));
    }
    return {};
  }

 private:
  static duckdb::unique_ptr<duckdb::QueryResult> Query(duckdb::Connection& connection,
                                                       const std::string& sql) {
    auto result = connection.SendQuery(sql);
    if (result->HasError()) result->ThrowError();
    return result;
  }

  template <typename Visitor>
  static void Visit(duckdb::DataChunk& chunk, const Visitor& visit) {
    chunk.Flatten();
    const auto* positions = duckdb::FlatVector::GetData<int64_t>(chunk.data[0]);
    const auto* ids = duckdb::FlatVector::GetData<int64_t>(chunk.data[1]);
    const auto& validity = duckdb::FlatVector::Validity(chunk.data[1]);
    for (size_t i = 0; i < chunk.size(); ++i) {
      std::optional<RowId> id;
      if (validity.RowIsValid(i)) id = RowId(static_cast<uint64_t>(ids[i]));
      visit(static_cast<uint64_t>(positions[i]), id);
    }
  }

  std::mutex mutex_;
  std::unique_ptr<duckdb::DuckDB> database_;  // guarded by mutex_
};

}  // namespace

StoredRowIdReader MakeStoredRowIdReader() {
  return [reader = std::make_shared<Reader>()](const std::string& path, const auto& visit) {
    return reader->Read(path, visit);
  };
}

}  // namespace icefall
