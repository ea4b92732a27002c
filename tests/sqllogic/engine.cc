#include "tests/sqllogic/engine.h"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/client_config.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/database_manager.hpp"

#include "sql/storage_extension.h"

namespace icefall::sqllogic {

namespace {

// What the instance's own database is called until ours takes its place.
constexpr const char* kHost = "icefall_host";

void Configure(duckdb::DBConfig& config) {
  config.SetOptionByName("allow_unredacted_secrets", duckdb::Value::BOOLEAN(true));
  config.SetOptionByName("allow_unsigned_extensions", duckdb::Value::BOOLEAN(true));
  config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
}

std::string Quoted(const std::string& text) {
  return "'" + duckdb::StringUtil::Replace(text, "'", "''") + "'";
}

}  // namespace

Engine::Engine(TargetOptions options) : options_(std::move(options)) { Configure(config_); }

Engine::~Engine() = default;

void Engine::Open(const std::string& path, bool read_only, bool keep) {
  named_connections_.clear();
  connection_.reset();
  duckdb_.reset();
  path_ = path;
  read_only_ = read_only;
  if (path_.empty()) ++unnamed_databases_;
  if (!keep && !path_.empty()) DeleteDatabase(path_);
  config_.options.use_temporary_directory = !read_only;
  const bool plain = options_.kind == TargetKind::kDuckdb;
  config_.options.access_mode =
      plain && read_only ? duckdb::AccessMode::READ_ONLY : duckdb::AccessMode::AUTOMATIC;
  Start();
}

void Engine::Start() {
  const bool plain = options_.kind == TargetKind::kDuckdb;
  duckdb_ = std::make_unique<duckdb::DuckDB>(plain ? path_ : "", &config_);
  if (!plain) {
    RegisterIcefall(*duckdb_->instance);
    duckdb::Connection connection(*duckdb_);
    Attach(connection);
  }
  Reconnect();
  for (const auto& extension : extensions_) LoadExtension(extension);
}

void Engine::Attach(duckdb::Connection& connection) {
  const std::string name = CatalogName();
  Run(connection, "ALTER DATABASE memory SET ALIAS TO " + std::string(kHost));
  std::string attach = "ATTACH " + Quoted(Directory()) + " AS " +
                       duckdb::KeywordHelper::WriteQuoted(name, '"') + " (TYPE icefall" +
                       options_.attach_options;
  if (read_only_) attach += ", READ_ONLY";
  Run(connection, attach + ")");
  auto& manager = duckdb::DatabaseManager::Get(*connection.context);
  connection.BeginTransaction();
  manager.SetDefaultDatabase(*connection.context, name);
  connection.Commit();
  Run(connection, "DETACH " + std::string(kHost));
}

void Engine::Restart() {
  // What the script has set survives, as it does in DuckDB's own runner.
  config_.options = duckdb_->instance->config.options;
  config_.user_settings = duckdb_->instance->config.user_settings;
  const auto client_config = connection_->context->config;
  const auto search_path =
      duckdb::ClientData::Get(*connection_->context).catalog_search_path->GetSetPaths();
  const bool keep = true;
  Open(path_, read_only_, keep);
  connection_->context->config = client_config;
  connection_->BeginTransaction();
  duckdb::ClientData::Get(*connection_->context)
      .catalog_search_path->Set(search_path, duckdb::CatalogSetPathType::SET_SCHEMAS);
  connection_->Commit();
}

void Engine::Reconnect() { connection_ = NewConnection(); }

duckdb::Connection& Engine::connection(const std::string& name) {
  if (name.empty()) return *connection_;
  auto& named = named_connections_[name];
  if (!named) named = NewConnection();
  return *named;
}

std::unique_ptr<duckdb::Connection> Engine::NewConnection() {
  auto connection = std::make_unique<duckdb::Connection>(*duckdb_);
  Run(*connection, "SET secret_directory=" + Quoted(options_.test_directory + "/secrets"));
  if (!options_.connection_sql.empty()) Run(*connection, options_.connection_sql);
  auto& client_config = duckdb::ClientConfig::GetConfig(*connection->context);
  client_config.enable_progress_bar = true;
  client_config.print_progress_bar = false;
  return connection;
}

void Engine::IndexNewTables(duckdb::Connection& connection) {
  // What duckdb_indexes() tells of the own transaction counts, too: a table is indexed once.
  const auto found = connection.Query(
      "SELECT t.schema_name, t.table_name, arg_min(c.column_name, c.column_index), t.table_oid "
      "FROM duckdb_tables() t JOIN duckdb_columns() c USING (database_name, schema_name, "
      "table_name) WHERE NOT t.internal AND t.database_name = " +
      Quoted(CatalogName()) +
      " AND regexp_full_match(c.data_type, '(U?(TINY|SMALL|BIG)INT|U?INTEGER|VARCHAR|DATE|"
      "TIMESTAMP|DOUBLE|UUID|DECIMAL.*)') AND NOT EXISTS (FROM duckdb_indexes() i WHERE "
      "i.database_name = t.database_name AND i.schema_name = t.schema_name AND i.table_name = "
      "t.table_name) GROUP BY ALL");
  if (found->HasError()) return;
  for (duckdb::idx_t row = 0; row < found->RowCount(); ++row) {
    const auto name = [&](duckdb::idx_t column) {
      return duckdb::KeywordHelper::WriteQuoted(found->GetValue(column, row).ToString(), '"');
    };
    Run(connection, "CREATE INDEX indexed_" + std::to_string(index_count_++) + " ON " +
                        duckdb::KeywordHelper::WriteQuoted(CatalogName(), '"') + "." + name(0) +
                        "." + name(1) + " (" + name(2) + ")");
  }
}

bool Engine::LoadExtension(const std::string& name) {
  static const std::set<std::string> kBuiltIn = {"core_functions", "icu", "json", "parquet"};
  if (kBuiltIn.contains(name)) return true;
  if (options_.extension_directory.empty()) return false;
  const std::filesystem::path file =
      std::filesystem::path(options_.extension_directory) / (name + ".duckdb_extension");
  if (!std::filesystem::exists(file)) return false;
  Run(*connection_, "LOAD " + Quoted(file.string()));
  extensions_.insert(name);
  return true;
}

void Engine::DeleteDatabase(const std::string& path) const {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  std::filesystem::remove(path + ".wal", ignored);
  if (options_.kind == TargetKind::kIcefall) std::filesystem::remove_all(Directory(), ignored);
}

void Engine::Run(duckdb::Connection& connection, const std::string& sql) const {
  const auto result = connection.Query(sql);
  if (result->HasError()) throw std::runtime_error(sql + ": " + result->GetError());
}

std::string Engine::CatalogName() const {
  if (path_.empty()) return "memory";
  return std::filesystem::path(path_).stem().string();
}

std::string Engine::Directory() const {
  if (!path_.empty()) return path_ + ".icefall";
  return options_.test_directory + "/unnamed" + std::to_string(unnamed_databases_) + ".icefall";
}

}  // namespace icefall::sqllogic
