#include "session/session.h"

#include <filesystem>

#include "duckdb/main/client_config.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/parser/statement/copy_statement.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include <fmt/format.h>
#include <unistd.h>

#include "session/arrow/arrow_input.h"
#include "session/attach.h"
#include "session/duckdb_result.h"
#include "session/identifier.h"
#include "session/import/tsv_scan.h"
#include "session/kept_answer.h"
#include "session/work_monitor.h"
#include "sql/stop_flag.h"

namespace icefall {

namespace {

std::unique_ptr<duckdb::DuckDB> MakeInstance(const SessionOptions& options) {
  duckdb::DBConfig config;
  // A query must not reach out to the network for an extension that it happens to name.
  config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
  config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
  const auto spill = std::filesystem::temp_directory_path() / "icefalldb-spill";
  config.SetOptionByName("temp_directory", duckdb::Value(spill.string()));
  if (options.memory_limit_bytes > 0) {
    config.SetOptionByName("memory_limit",
                           duckdb::Value(fmt::format("{}B", options.memory_limit_bytes)));
  }
  if (options.threads > 0) {
    config.SetOptionByName("threads", duckdb::Value::UINTEGER(options.threads));
  }
  return std::make_unique<duckdb::DuckDB>(nullptr, &config);
}

duckdb::Value ToDuckdb(const Value& value) {
  return std::visit(
      [](const auto& v) -> duckdb::Value {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return duckdb::Value();
        } else if constexpr (std::is_same_v<T, bool>) {
          return duckdb::Value::BOOLEAN(v);
        } else if constexpr (std::is_same_v<T, int64_t>) {
          return duckdb::Value::BIGINT(v);
        } else if constexpr (std::is_same_v<T, double>) {
          return duckdb::Value::DOUBLE(v);
        } else {
          return duckdb::Value(v);
        }
      },
      value);
}

std::string StatementText(const duckdb::SQLStatement& statement) {
  // A length of zero: up to the end.
  const size_t length = statement.stmt_length > 0 ? statement.stmt_length : std::string::npos;
  return statement.query.substr(statement.stmt_location, length);
}

ResultKind KindOf(const duckdb::QueryResult& result) {
  switch (result.properties.return_type) {
    case duckdb::StatementReturnType::QUERY_RESULT:
      return ResultKind::kRows;
    case duckdb::StatementReturnType::CHANGED_ROWS:
      return ResultKind::kAffected;
    default:
      return ResultKind::kNothing;
  }
}

// CREATE TABLE AS counts its rows although it is said to return nothing.
bool IsRowCount(const duckdb::QueryResult& result) {
  return result.types.size() == 1 && result.types[0].id() == duckdb::LogicalTypeId::BIGINT &&
         result.names[0] == "Count";
}

// Runs statements without rows to their end, as nobody will fetch, and takes their count.
Result<QueryResult> FinishCounting(std::unique_ptr<QueryResult::Stream> stream,
                                   StatementKind statement) {
  ResultKind kind = KindOf(*stream->result);
  uint64_t affected = 0;
  if (kind != ResultKind::kRows) {
    ICEFALL_ASSIGN_OR_RETURN(const auto chunk, stream->Fetch());
    if (chunk && (kind == ResultKind::kAffected || IsRowCount(*stream->result))) {
      kind = ResultKind::kAffected;
      affected = static_cast<uint64_t>(chunk->GetValue(0, 0).GetValue<int64_t>());
    }
  }
  QueryResult answer(std::move(stream), kind, statement);
  answer.set_affected(affected);
  return answer;
}

// Only a directory that is there: creating one reports its own reasons.
bool IsReadOnlyDirectory(const std::string& database) {
  const std::string catalog = database + "/_catalog";
  return ::access(catalog.c_str(), F_OK) == 0 && ::access(catalog.c_str(), W_OK) != 0;
}

// The past takes no changes; DuckDB's own message would name neither the flag nor the reason.
Result<void> RefuseChangeOfThePast(const Session::Impl& session, const Statement& statement) {
  const StatementKind kind = statement.kind();
  if (!session.options.snapshot || kind == StatementKind::kRead || kind == StatementKind::kOther) {
    return {};
  }
  return Fail(ErrorCode::kInvalidArgument,
              "--snapshot is read-only; DELETE/UPDATE/MERGE are not allowed on a past snapshot");
}

duckdb::unique_ptr<duckdb::PendingQueryResult> PlanStatement(Session::Impl& session,
                                                             Statement& statement,
                                                             const std::vector<Value>& parameters) {
  constexpr auto kStreaming = duckdb::QueryResultOutputType::ALLOW_STREAMING;
  auto& parsed = statement.parsed().statement;
  if (parameters.empty()) return session.connection->PendingQuery(std::move(parsed), kStreaming);
  duckdb::vector<duckdb::Value> values;
  for (const Value& value : parameters) values.push_back(ToDuckdb(value));
  return session.connection->PendingQuery(std::move(parsed), values, kStreaming);
}

QueryResult FromAnswer(Session::Impl& session, CachedAnswerPointer answer) {
  return QueryResult(std::make_unique<QueryResult::Stream>(session, std::move(answer)),
                     ResultKind::kRows, StatementKind::kRead);
}

}  // namespace

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;
Session::Impl::~Impl() = default;

Result<std::unique_ptr<Session>> Session::Open(std::string_view path,
                                               const SessionOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->monitor = std::make_unique<WorkMonitor>(impl->options);
  auto location = ResolveLocation(path);
  if (location.has_value()) {
    impl->location = *location;
  } else if (options.create_if_missing && path.size() > 0) {
    impl->location.database = std::string(path);
  } else {
    return Fail(location.error());
  }
  // A directory that cannot be written can still be read.
  impl->options.read_only |= IsReadOnlyDirectory(impl->location.database);
  ICEFALL_RETURN_IF_ERROR(CatchDuckdb([&] {
    impl->database = MakeInstance(options);
    impl->connection = std::make_unique<duckdb::Connection>(*impl->database);
    RegisterTsvScan(*impl->database->instance);
    if (options.stop != nullptr) StopFlag::Watch(*impl->connection->context, *options.stop);
    // Results do not depend on where the machine stands.
    impl->connection->Query("SET TimeZone = 'UTC'");
    // A footer is parsed once, and again when its file has changed; DuckDB's memory limit bounds
    // what is kept.
    impl->connection->Query("SET GLOBAL parquet_metadata_cache = true");
    auto& config = duckdb::ClientConfig::GetConfig(*impl->connection->context);
    config.enable_progress_bar = options.progress != nullptr;
    config.print_progress_bar = false;
  }));
  ICEFALL_RETURN_IF_ERROR(AttachDatabase(*impl));
  return std::unique_ptr<Session>(new Session(std::move(impl)));
}

Result<std::vector<Statement>> Session::Parse(std::string_view sql) {
  return CatchDuckdb([&] {
    std::vector<Statement> statements;
    for (auto& parsed : impl_->connection->ExtractStatements(std::string(sql))) {
      std::string text = StatementText(*parsed);
      statements.emplace_back(std::make_unique<Statement::Parsed>(
          Statement::Parsed{std::move(parsed), std::move(text)}));
    }
    return statements;
  });
}

Result<QueryResult> Session::Run(Statement statement, const std::vector<Value>& parameters) {
  ICEFALL_RETURN_IF_ERROR(RefuseChangeOfThePast(*impl_, statement));
  ICEFALL_RETURN_IF_ERROR(impl_->monitor->Begin());
  const StatementKind kind = statement.kind();
  // Settings, names and other databases may be different after it.
  if (kind == StatementKind::kOther) impl_->context.clear();
  if (parameters.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(
        auto answer, CatchDuckdb([&] { return AnswerFromStatistics(*impl_, statement.parsed()); }));
    if (answer) return FromAnswer(*impl_, std::move(answer));
  }
  KeptAnswer kept(*impl_, statement.is_select() && parameters.empty() ? statement.parsed().text
                                                                      : std::string());
  ICEFALL_ASSIGN_OR_RETURN(auto result,
                           CatchDuckdb([&]() -> duckdb::unique_ptr<duckdb::QueryResult> {
                             auto pending = PlanStatement(*impl_, statement, parameters);
                             if (pending->HasError()) pending->ThrowError();
                             if (kept.answer()) return nullptr;
                             return impl_->monitor->Execute(*impl_->connection->context, *pending);
                           }));
  if (kept.answer()) return FromAnswer(*impl_, kept.answer());
  if (result->HasError()) return Fail(FromDuckdb(result->GetErrorObject()));

  auto stream = std::make_unique<QueryResult::Stream>(*impl_, std::move(result));
  stream->recorder = kept.MakeRecorder(*stream->result);
  return FinishCounting(std::move(stream), kind);
}

Result<QueryResult> Session::Query(std::string_view sql, const std::vector<Value>& parameters) {
  if (parameters.empty()) {
    if (auto answer = FindUnparsed(*impl_, sql)) return FromAnswer(*impl_, std::move(answer));
  }
  ICEFALL_ASSIGN_OR_RETURN(auto statements, Parse(sql));
  if (statements.size() != 1) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("expected one SQL statement, found {}", statements.size()));
  }
  return Run(std::move(statements.front()), parameters);
}

Result<uint64_t> Session::Execute(std::string_view sql) {
  ICEFALL_ASSIGN_OR_RETURN(auto statements, Parse(sql));
  uint64_t affected = 0;
  for (auto& statement : statements) {
    ICEFALL_ASSIGN_OR_RETURN(auto result, Run(std::move(statement)));
    affected += result.affected();
    if (result.kind() != ResultKind::kRows) continue;
    for (;;) {
      ICEFALL_ASSIGN_OR_RETURN(auto chunk, result.stream().Fetch());
      if (!chunk) break;
    }
  }
  return affected;
}

Result<uint64_t> Session::CopyToParquet(Statement statement, const std::string& path) {
  if (!statement.is_select()) {
    return Fail(ErrorCode::kInvalidArgument, "only the rows of a SELECT can be written as Parquet");
  }
  auto& select = statement.parsed().statement->Cast<duckdb::SelectStatement>();
  auto copy = duckdb::make_uniq<duckdb::CopyStatement>();
  copy->info->select_statement = std::move(select.node);
  copy->info->is_from = false;
  copy->info->file_path = path;
  copy->info->format = "parquet";
  copy->info->is_format_auto_detected = false;
  Statement wrapped(std::make_unique<Statement::Parsed>(
      Statement::Parsed{std::move(copy), statement.parsed().text}));
  ICEFALL_ASSIGN_OR_RETURN(auto result, Run(std::move(wrapped)));
  return result.affected();
}

Result<uint64_t> Session::AppendArrow(std::string_view table, ArrowArrayStream* stream) {
  ArrowInput input(*impl_->connection, stream);
  ICEFALL_RETURN_IF_ERROR(input.Bind());
  return Execute(fmt::format("INSERT INTO {} BY NAME SELECT * FROM {}", QuoteName(ParseName(table)),
                             ArrowInput::kViewName));
}

void Session::Cancel() { impl_->connection->Interrupt(); }

bool Session::has_transaction() const { return !impl_->connection->IsAutoCommit(); }

const Location& Session::location() const { return impl_->location; }

const std::optional<std::string>& Session::table() const { return impl_->table; }

}  // namespace icefall
