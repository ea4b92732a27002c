#include "tests/sqllogic/interpreter.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/sqllogic/requirements.h"
#include "tests/sqllogic/text.h"
#include "tests/sqllogic/unzip.h"

namespace icefall::sqllogic {

// One running loop at one of its values.
struct Interpreter::Loop {
  const Record* record;
  int64_t index;

  std::string value() const {
    return record->tokens.empty() ? std::to_string(index)
                                  : record->tokens[static_cast<size_t>(index)];
  }
};

struct Interpreter::Frame {
  std::vector<Loop> loops;
  // Of a thread of a concurrent loop; elsewhere the engine's.
  duckdb::Connection* connection = nullptr;
  bool skip_iteration = false;
};

// Ends the script; thrown through the loops.
struct Interpreter::Stop {
  Outcome outcome;
};

namespace {

// Looks at the words only.
bool MayMakeTables(const std::string& sql) {
  const std::string lower = duckdb::StringUtil::Lower(sql);
  return lower.find("create") != std::string::npos && lower.find("table") != std::string::npos;
}

bool Holds(const Condition& condition, const std::string& value) {
  if (condition.comparison == Comparison::kEqual) return value == condition.value;
  if (condition.comparison == Comparison::kNotEqual) return value != condition.value;
  const int64_t left = std::stoll(value);
  const int64_t right = std::stoll(condition.value);
  switch (condition.comparison) {
    case Comparison::kGreater:
      return left > right;
    case Comparison::kGreaterEqual:
      return left >= right;
    case Comparison::kLess:
      return left < right;
    default:
      return left <= right;
  }
}

std::chrono::nanoseconds ParseDuration(const std::vector<std::string>& words) {
  if (words.size() != 2) throw std::runtime_error("sleep needs a number and a unit");
  static const std::map<std::string, int64_t> kUnits = {
      {"nano", 1}, {"micro", 1'000}, {"milli", 1'000'000}, {"sec", 1'000'000'000}};
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (words[1].starts_with(unit)) {
      return std::chrono::nanoseconds(std::stoll(words[0]) * nanoseconds);
    }
  }
  throw std::runtime_error("sleep: unknown unit " + words[1]);
}

std::string ReplaceIterator(std::string text, const std::string& iterator,
                            const std::string& value) {
  const auto names = SplitAt(iterator, ",");
  const auto values = names.size() == 1 ? std::vector{value} : SplitAt(value, ",");
  if (names.size() != values.size()) {
    throw std::runtime_error("foreach: " + value + " is no tuple for " + iterator);
  }
  for (size_t i = 0; i < names.size(); ++i) {
    text = ReplaceAll(std::move(text), "${" + names[i] + "}", values[i]);
    text = ReplaceAll(std::move(text), "{" + names[i] + "}", values[i]);
  }
  return text;
}

}  // namespace

Interpreter::Interpreter(Engine& engine, ScriptOptions options)
    : engine_(engine), options_(std::move(options)) {
  const std::string directory = std::filesystem::current_path().string();
  environment_["WORKING_DIR"] = directory;
  environment_["DATA_DIR"] = directory + "/data";
  environment_["TEMP_DIR"] = engine.options().test_directory;
  environment_["TEST_NAME"] = options_.name;
  environment_["TEST_NAME__NO_SLASH"] = ReplaceAll(options_.name, "/", "_");
}

Outcome Interpreter::Run(const std::vector<Record>& records) {
  Frame frame;
  try {
    engine_.Open("", false, false);
    if (options_.original) engine_.connection().Query("SET integer_division=true");
    RunRecords(records, frame);
  } catch (const Stop& stop) {
    return stop.outcome;
  } catch (const std::exception& problem) {
    return {OutcomeKind::kFailed, 0, "", problem.what()};
  }
  return {};
}

void Interpreter::RunRecords(const std::vector<Record>& records, Frame& frame) {
  for (const Record& record : records) {
    if (stopping_ || frame.skip_iteration) return;
    try {
      RunRecord(record, frame);
    } catch (const Stop&) {
      throw;
    } catch (const std::exception& problem) {
      throw Stop{{OutcomeKind::kFailed, record.line, record.sql, problem.what()}};
    }
  }
}

void Interpreter::RunRecord(const Record& record, Frame& frame) {
  if (IsExcluded(record, frame)) return;
  switch (record.kind) {
    case RecordKind::kStatement:
    case RecordKind::kQuery:
      return RunSql(record, frame);
    case RecordKind::kLoop:
      return record.concurrent ? RunConcurrently(record, frame) : RunLoop(record, frame);
    case RecordKind::kContinue:
      frame.skip_iteration = true;
      return;
    default:
      if (frame.connection) throw std::runtime_error("not possible in a concurrent loop");
      return RunCommand(record, frame);
  }
}

bool Interpreter::IsExcluded(const Record& record, const Frame& frame) const {
  const bool ours = engine_.options().kind == TargetKind::kIcefall;
  if (!record.only_if_system.empty() && !ours) return true;
  if (!record.skip_if_system.empty() && ours) return true;
  for (const Condition& condition : record.conditions) {
    const auto loop = std::ranges::find_if(
        frame.loops, [&](const Loop& it) { return it.record->iterator == condition.iterator; });
    if (loop == frame.loops.end()) {
      throw std::runtime_error("condition on " + condition.iterator + ", which is no loop");
    }
    if (Holds(condition, ReplaceKeywords(loop->value())) == condition.skip_if_true) return true;
  }
  return false;
}

std::string Interpreter::ReplaceKeywords(std::string text) const {
  for (const auto& [name, value] : environment_) {
    text = ReplaceAll(std::move(text), "${" + name + "}", value);
    text = ReplaceAll(std::move(text), "{" + name + "}", value);
  }
  text = ReplaceAll(std::move(text), "{TEST_DIR}", engine_.options().test_directory);
  text = ReplaceAll(std::move(text), "{BASE_TEST_NAME}", ReplaceAll(options_.name, "/", "_"));
  text = ReplaceAll(std::move(text), "__TEST_DIR__", engine_.options().test_directory);
  return ReplaceAll(std::move(text), "__WORKING_DIRECTORY__", environment_.at("WORKING_DIR"));
}

std::string Interpreter::Replace(std::string text, const Frame& frame) const {
  text = ReplaceKeywords(std::move(text));
  for (const Loop& loop : frame.loops) {
    text = ReplaceIterator(std::move(text), loop.record->iterator, ReplaceKeywords(loop.value()));
  }
  return text;
}

void Interpreter::RunSql(const Record& record, Frame& frame) {
  if (frame.connection && !record.connection.empty()) {
    throw std::runtime_error("named connections are not possible in a concurrent loop");
  }
  auto& connection = frame.connection ? *frame.connection : engine_.connection(record.connection);
  const std::string sql = Replace(record.sql, frame);
  duckdb::QueryParameters parameters;
  parameters.output_type = duckdb::QueryResultOutputType::FORCE_MATERIALIZED;
  duckdb::unique_ptr<duckdb::MaterializedQueryResult> result;
  try {
    result = duckdb::unique_ptr_cast<duckdb::QueryResult, duckdb::MaterializedQueryResult>(
        connection.context->Query(sql, parameters));
  } catch (const std::exception& thrown) {
    result = duckdb::make_uniq<duckdb::MaterializedQueryResult>(duckdb::ErrorData(thrown));
  }
  const CheckContext context{[&](const std::string& text) { return Replace(text, frame); },
                             connection, options_.original, hash_threshold_, options_.any_order};
  const std::string problem = record.kind == RecordKind::kQuery
                                  ? CheckQuery(record, context, labels_, *result)
                                  : CheckStatement(record, context, *result);
  if (problem.empty()) {
    if (engine_.options().index_tables && MayMakeTables(sql)) engine_.IndexNewTables(connection);
    return;
  }
  const auto skip_if_in = [&](const std::string& text, const std::vector<std::string>& messages) {
    for (const auto& message : messages) {
      if (text.find(message) == std::string::npos) continue;
      throw Stop{{OutcomeKind::kSkipped, record.line, sql, "message: " + message}};
    }
  };
  skip_if_in(sql + "\n" + problem, options_.skip_messages);
  if (result->HasError()) skip_if_in(result->GetError(), ignored_messages_);
  throw Stop{{OutcomeKind::kFailed, record.line, sql, problem}};
}

// As in DuckDB's runner a loop runs at least once.
void Interpreter::RunLoop(const Record& record, Frame& frame) {
  for (int64_t index = record.begin; !stopping_;) {
    frame.loops.push_back({&record, index});
    RunRecords(record.body, frame);
    frame.loops.pop_back();
    frame.skip_iteration = false;
    if (++index >= record.end) return;
  }
}

void Interpreter::RunConcurrently(const Record& record, Frame& frame) {
  if (frame.connection) throw std::runtime_error("a concurrent loop inside a concurrent loop");
  std::mutex mutex;
  std::optional<Outcome> first;
  std::list<std::thread> threads;
  for (int64_t index = record.begin; index < std::max(record.end, record.begin + 1); ++index) {
    threads.emplace_back([&, index] {
      try {
        const auto connection = engine_.NewConnection();
        Frame own{frame.loops, connection.get()};
        own.loops.push_back({&record, index});
        RunRecords(record.body, own);
      } catch (const Stop& stop) {
        stopping_ = true;
        const std::lock_guard lock(mutex);
        if (!first) first = stop.outcome;
      } catch (const std::exception& problem) {
        stopping_ = true;
        const std::lock_guard lock(mutex);
        if (!first) first = Outcome{OutcomeKind::kFailed, record.line, "", problem.what()};
      }
    });
  }
  for (auto& thread : threads) thread.join();
  if (first) throw Stop{*first};
}

void Interpreter::RunCommand(const Record& record, const Frame& frame) {
  switch (record.kind) {
    case RecordKind::kMalformed:
      throw std::runtime_error(record.sql);
    case RecordKind::kHalt:
      throw Stop{{}};
    case RecordKind::kSet:
      return SetOption(record);
    case RecordKind::kReset:
      if (record.words.size() != 2) throw std::runtime_error("reset needs a type and a name");
      return labels_.Forget(record.words[1]);
    case RecordKind::kRequire:
      if (IsMet(engine_, record.words)) return;
      throw Stop{{OutcomeKind::kSkipped, record.line, "", "require " + record.words[0]}};
    case RecordKind::kRequireEnv:
      return RequireEnvironment(record);
    case RecordKind::kTestEnv: {
      if (record.words.size() != 2) throw std::runtime_error("test-env needs a name and a value");
      const char* value = std::getenv(record.words[0].c_str());
      environment_[record.words[0]] = value ? value : record.words[1];
      return;
    }
    case RecordKind::kLoad:
      return Load(record, frame);
    case RecordKind::kRestart:
      return engine_.Restart();
    case RecordKind::kReconnect:
      return engine_.Reconnect();
    case RecordKind::kSleep:
      // What the script says, as DuckDB's runner does it: nothing here could end it earlier.
      std::promise<void>().get_future().wait_for(ParseDuration(record.words));
      return;
    case RecordKind::kUnzip:
      return Unzip(Replace(record.words.at(0), frame),
                   record.words.size() > 1 ? Replace(record.words[1], frame) : "",
                   engine_.options().test_directory);
    case RecordKind::kHashThreshold:
      hash_threshold_ = std::stoull(record.words.at(0));
      return;
    default:  // modes say what to print
      return;
  }
}

void Interpreter::RequireEnvironment(const Record& record) {
  if (record.words.empty()) throw std::runtime_error("require-env needs a name");
  const std::string& name = record.words[0];
  const char* value = std::getenv(name.c_str());
  if (!value || (record.words.size() > 1 && record.words[1] != value)) {
    throw Stop{{OutcomeKind::kSkipped, record.line, "", "require-env " + name}};
  }
  environment_[name] = value;
}

void Interpreter::SetOption(const Record& record) {
  const auto& words = record.words;
  if (words.size() == 2 && words[0] == "seed") {
    const auto result = engine_.connection().Query("SELECT setseed(" + words[1] + ")");
    if (result->HasError()) throw std::runtime_error(result->GetError());
    return;
  }
  if (words.empty()) throw std::runtime_error("set needs a name");
  if (words[0] == "ignore_error_messages") {
    ignored_messages_.clear();
    std::string all;
    for (size_t i = 1; i < words.size(); ++i) all += words[i] + " ";
    for (const auto& message : SplitAt(all, ",")) {
      if (!Trim(message).empty()) ignored_messages_.push_back(Trim(message));
    }
  } else if (words[0] != "always_fail_error_messages") {
    throw std::runtime_error("set: unknown name " + words[0]);
  }
}

void Interpreter::Load(const Record& record, const Frame& frame) {
  const std::string path = record.words.empty() ? "" : Replace(record.words[0], frame);
  const bool read_only = record.words.size() > 1 && Lower(record.words[1]) == "readonly";
  engine_.Open(path, read_only, read_only);
}

}  // namespace icefall::sqllogic
