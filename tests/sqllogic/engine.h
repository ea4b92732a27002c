// The DuckDB instance that a script runs in, and where its tables are.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "duckdb/main/config.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"

namespace icefall::sqllogic {

enum class TargetKind : uint8_t {
  kDuckdb,   // plain DuckDB
  kIcefall,  // an icefall database, attached under the name that DuckDB's own would have
};

struct TargetOptions {
  TargetKind kind = TargetKind::kIcefall;
  // What follows TYPE icefall in ATTACH, as ", INLINE_ROW_LIMIT 0".
  std::string attach_options;
  // Run on every new connection.
  std::string connection_sql;
  // Every new table gets an index on its first column that can have one.
  bool index_tables = false;
  // Where NAME.duckdb_extension files of this DuckDB are; empty: none.
  std::string extension_directory;
  // What __TEST_DIR__ stands for; exists and is empty.
  std::string test_directory;
};

// Errors are thrown. The connections may be used by one thread each.
class Engine {
 public:
  explicit Engine(TargetOptions options);
  ~Engine();

  // Closes the database and opens the one at `path`; an empty path means one of its own that is
  // gone after the next Open. Without `keep` what is at the path is deleted first.
  void Open(const std::string& path, bool read_only, bool keep);
  // Closes and opens again what is open now, with the same settings and search path.
  void Restart();
  // A new default connection.
  void Reconnect();

  duckdb::Connection& connection() { return *connection_; }
  duckdb::Connection& connection(const std::string& name);
  std::unique_ptr<duckdb::Connection> NewConnection();
  duckdb::DuckDB& duckdb() { return *duckdb_; }
  const TargetOptions& options() const { return options_; }

  // With options().index_tables: after a statement that may have made tables, on its connection.
  void IndexNewTables(duckdb::Connection& connection);

  // False when there is no such extension.
  bool LoadExtension(const std::string& name);

 private:
  void Start();
  void Attach(duckdb::Connection& connection);
  void DeleteDatabase(const std::string& path) const;
  void Run(duckdb::Connection& connection, const std::string& sql) const;
  // The catalog's name, as DuckDB derives it from a path.
  std::string CatalogName() const;
  // Where the tables are.
  std::string Directory() const;

  const TargetOptions options_;
  duckdb::DBConfig config_;
  std::string path_;
  bool read_only_ = false;
  int unnamed_databases_ = 0;
  std::atomic<uint64_t> index_count_ = 0;
  std::set<std::string> extensions_;
  std::unique_ptr<duckdb::DuckDB> duckdb_;
  std::unique_ptr<duckdb::Connection> connection_;
  std::map<std::string, std::unique_ptr<duckdb::Connection>> named_connections_;
};

}  // namespace icefall::sqllogic
