// Writes data files of icedb tables from queries.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/materialized_query_result.hpp"

#include "icedb/log_file.h"
#include "sql/icedb/icedb_tables.h"

namespace icefall {

struct IcedbWriteOptions {
  std::string host = "icefall";
  // Columns by which files are sorted, as an ORDER BY list; empty: as the query gives them.
  std::string sort_order;
  std::string codec = "SNAPPY";
  int64_t row_group_size = 122'880;
};

// Rows that a query reads under a name.
struct NamedRows {
  std::string name;
  duckdb::ColumnDataCollection* rows;
  duckdb::vector<duckdb::string> columns;
};

// What a query answers that runs beside the statement of `context`. Throws.
duckdb::unique_ptr<duckdb::MaterializedQueryResult> RunBeside(
    duckdb::ClientContext& context, const std::string& sql,
    const std::vector<NamedRows>& tables = {});

// Calls `work(i)` for each i below `count`, some at once. Throws what a call that failed threw,
// when all have ended.
void ForEachFile(size_t count, const std::function<void(size_t)>& work);

// Remembers what it wrote, to delete it when the operation comes to nothing. Thread-safe.
class IcedbFileWriter {
 public:
  // `open` must outlive the writer.
  IcedbFileWriter(duckdb::ClientContext& context, OpenIcedbTable& open, IcedbWriteOptions options);
  // Deletes the files unless they were kept.
  ~IcedbFileWriter();
  IcedbFileWriter(const IcedbFileWriter&) = delete;
  IcedbFileWriter& operator=(const IcedbFileWriter&) = delete;

  // Their rows may be in the log from now on.
  void Keep() { kept_ = true; }

  // Nothing for a query without rows, which leaves no file. Throws.
  std::optional<icedb::FileMarker> Write(const std::string& query, const std::string& partition,
                                         const std::vector<NamedRows>& tables = {});

  // One file for each value that `partition_sql` has for rows; empty: one of the partition "". Of
  // the rows' columns the first `stored_count` are written. Throws.
  std::vector<icedb::FileMarker> WritePartitions(const NamedRows& rows, size_t stored_count,
                                                 const std::string& partition_sql);

  icedb::Columns Describe(const std::string& query);

 private:
  duckdb::unique_ptr<duckdb::MaterializedQueryResult> Copy(const std::string& query,
                                                           const std::string& key,
                                                           const std::vector<NamedRows>& tables);

  duckdb::ClientContext& context_;
  OpenIcedbTable& open_;
  const IcedbWriteOptions options_;
  std::mutex mutex_;
  std::vector<std::string> keys_;  // guarded by mutex_
  bool kept_ = false;
};

}  // namespace icefall
