// Answers with everything that is kept, against those that plain DuckDB computes of the same rows:
// cache_comparisons [--first SEED] [--comparisons N]
//
// Each seed is a database of its own, changed at random by two processes' worth of engines, which
// are asked the same questions before and after: once more (kept answers), under another text (kept
// states), with what is kept switched off, forgotten, deleted or damaged, and about the past. A
// difference is told with all that led to it, and the process fails at the end.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "session/duckdb_result.h"
#include "session/session.h"
#include "sql/storage_extension.h"
#include "tests/differential/questions.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

// Rows as text; of a statement that failed, only that it did.
struct Answer {
  std::string rows;
  std::string error;

  bool operator==(const Answer& other) const {
    return rows == other.rows && error.empty() == other.error.empty();
  }
};

void AddRows(duckdb::DataChunk& chunk, std::string& text) {
  for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
    for (duckdb::idx_t column = 0; column < chunk.ColumnCount(); ++column) {
      text += chunk.GetValue(column, row).ToString();
      text += '|';
    }
    text += '\n';
  }
}

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Answer Ask(const std::string& sql) = 0;
};

class DuckdbEngine : public Engine {
 public:
  DuckdbEngine() : database_(nullptr, Config().get()) {
    RegisterIcefall(*database_.instance);
    connection_ = std::make_unique<duckdb::Connection>(database_);
  }

  Answer Ask(const std::string& sql) override {
    const auto result = connection_->Query(sql);
    Answer answer;
    if (result->HasError()) {
      answer.error = result->GetError();
      return answer;
    }
    for (auto& chunk : result->Collection().Chunks()) AddRows(chunk, answer.rows);
    return answer;
  }

 private:
  static std::unique_ptr<duckdb::DBConfig> Config() {
    auto config = std::make_unique<duckdb::DBConfig>();
    config->options.maximum_threads = 1;
    return config;
  }

  duckdb::DuckDB database_;
  std::unique_ptr<duckdb::Connection> connection_;
};

class SessionEngine : public Engine {
 public:
  explicit SessionEngine(const std::string& directory) {
    auto session = Session::Open(directory, {.create_if_missing = true, .threads = 1});
    if (!session) throw std::runtime_error(session.error().message());
    session_ = *std::move(session);
  }

  Answer Ask(const std::string& sql) override {
    Answer answer;
    auto result = session_->Query(sql);
    if (!result) {
      answer.error = result.error().message();
      return answer;
    }
    if (result->kind() != ResultKind::kRows) return answer;
    while (true) {
      auto chunk = result->stream().Fetch();
      if (!chunk) {
        answer.error = chunk.error().message();
        return answer;
      }
      if (*chunk == nullptr) return answer;
      AddRows(**chunk, answer.rows);
    }
  }

 private:
  std::unique_ptr<Session> session_;
};

// One database of one seed.
class Scenario {
 public:
  Scenario(uint64_t seed, DuckdbEngine& plain, DuckdbEngine& attached)
      : questions_(seed),
        directory_((fs::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()))).string()),
        plain_(plain),
        attached_(attached) {
    session_ = std::make_unique<SessionEngine>(directory_);
    // What is kept of many files is another matter.
    const auto fragment_rows = questions_.Percent(5) ? 5 : questions_.Pick(3) * 250;
    options_ = fmt::format(", INLINE_ROW_LIMIT {}, FRAGMENT_ROW_LIMIT {}", questions_.Pick(3) * 40,
                           fragment_rows);
    Must(plain_, "ATTACH ':memory:' AS my");
    Must(plain_, "USE my");
    for (const auto& sql : Questions::Definitions("")) Must(plain_, sql);
    for (const auto& sql : Questions::Definitions(questions_.Options())) Must(*session_, sql);
    Attach();
    Configure(*session_);
    Configure(attached_);
    const auto count = 8 + questions_.Pick(16);
    while (pool_.size() < count) pool_.push_back(questions_.Ask());
  }
  ~Scenario() {
    attached_.Ask("ROLLBACK");
    attached_.Ask("USE memory");
    attached_.Ask("DETACH my");
    plain_.Ask("USE memory");
    plain_.Ask("DETACH my");
    session_.reset();
    fs::remove_all(directory_);
  }
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  // How many comparisons; what differed is in failure().
  uint64_t Run() {
    for (uint64_t round = 6 + questions_.Pick(12); round > 0 && failure_.empty(); --round) {
      if (questions_.Percent(15)) {
        RunTransaction();
      } else {
        for (auto i = 1 + questions_.Pick(2); i > 0; --i) Change(AnyEngine());
      }
      if (questions_.Percent(25)) Must(AnyEngine(), questions_.Maintenance());
      pool_[questions_.Pick(pool_.size())] = questions_.Ask();
      AskAll();
      if (questions_.Percent(30)) AskThePast();
    }
    return comparisons_;
  }
  const std::string& failure() const { return failure_; }

 private:
  struct Past {
    std::string sequence;
    std::map<std::string, Answer> answers;  // of questions about `t` alone
  };

  Engine& AnyEngine() {
    if (questions_.Percent(50)) return *session_;
    return attached_;
  }
  std::string NameOf(const Engine& engine) const {
    return &engine == &plain_ ? "plain" : &engine == &attached_ ? "attached" : "session";
  }

  void Attach() {
    Must(attached_, fmt::format("ATTACH '{}' AS my (TYPE icefall{})", directory_, options_));
    Must(attached_, "USE my");
  }

  void Configure(Engine& engine) {
    for (const auto* setting :
         {"icefall_partial_rows_min", "icefall_partial_queries_min",
          "icefall_partial_file_rows_min", "icefall_replica_rows_min", "icefall_facts_rows_min"}) {
      Must(engine, fmt::format("SET {} = {}", setting, questions_.Percent(80) ? 1 : 300));
    }
    Must(engine, fmt::format("SET icefall_result_file_ms_min = {}", questions_.Pick(2)));
    Must(engine, fmt::format("SET icefall_partial_aggregates_mib = {}", questions_.Pick(4)));
    Must(engine, fmt::format("SET threads = {}", questions_.Percent(85) ? 1 : 2));
  }

  void Trace(const Engine& engine, const std::string& sql) {
    trail_.push_back(fmt::format("{}: {}", NameOf(engine), sql));
  }

  void Must(Engine& engine, const std::string& sql) {
    Trace(engine, sql);
    const auto answer = engine.Ask(sql);
    if (!answer.error.empty()) Fail(sql, {}, answer);
  }

  void Fail(const std::string& sql, const Answer& expected, const Answer& found) {
    if (!failure_.empty()) return;
    for (const auto& line : trail_) failure_ += line + ";\n";
    failure_ += fmt::format("{}\nexpected {}\n{}\nfound {}\n{}\n", sql, expected.error,
                            expected.rows, found.error, found.rows);
  }

  void Change(Engine& engine) {
    const auto sql = questions_.Change();
    Trace(engine, sql);
    const auto expected = plain_.Ask(sql);
    const auto found = engine.Ask(sql);
    if (expected.error.empty() != found.error.empty()) Fail(sql, expected, found);
  }

  // The other engine must not see it before its end.
  void RunTransaction() {
    auto& writer = AnyEngine();
    Engine& reader = &writer == &attached_ ? static_cast<Engine&>(*session_) : attached_;
    const auto before = plain_.Ask(pool_[0]);
    for (Engine* engine : {static_cast<Engine*>(&plain_), &writer}) Must(*engine, "BEGIN");
    for (auto i = 1 + questions_.Pick(3); i > 0; --i) Change(writer);
    for (auto i = questions_.Pick(4); i > 0; --i) {
      const auto& question = pool_[questions_.Pick(pool_.size())];
      Compare(writer, question, plain_.Ask(question));
    }
    Compare(reader, pool_[0], before);
    const std::string end = questions_.Percent(50) ? "COMMIT" : "ROLLBACK";
    for (Engine* engine : {static_cast<Engine*>(&plain_), &writer}) Must(*engine, end);
  }

  void Compare(Engine& engine, const std::string& sql, const Answer& expected) {
    Trace(engine, sql);
    ++comparisons_;
    const auto found = engine.Ask(sql);
    if (found != expected) Fail(sql, expected, found);
  }

  void AskAll() {
    std::optional<Past> past;
    if (questions_.Percent(40)) {
      const auto sequence = attached_.Ask("SELECT max(sequence) FROM icefall_snapshots('t')").rows;
      past = Past{sequence.substr(0, sequence.find('|')), {}};
    }
    for (const auto& question : pool_) {
      const auto expected = plain_.Ask(question);
      if (questions_.Percent(8)) Disturb();
      Compare(*session_, question, expected);
      Compare(attached_, question, expected);
      Compare(*session_, question, expected);
      if (questions_.Percent(50)) Compare(attached_, question + " -- again", expected);
      if (questions_.Percent(30)) Compare(*session_, question + " -- once more", expected);
      if (past && IsOfOneTable(question)) past->answers[question] = expected;
      if (!failure_.empty()) return;
    }
    if (past) past_ = std::move(past);
  }

  static bool IsOfOneTable(const std::string& sql) {
    return sql.find("FROM t") != std::string::npos &&
           sql.find("FROM t", sql.find("FROM t") + 1) == std::string::npos &&
           sql.find("FROM d") == std::string::npos && sql.find("JOIN") == std::string::npos;
  }

  void AskThePast() {
    if (!past_) return;
    for (const auto& [sql, expected] : past_->answers) {
      auto text = sql;
      text.replace(text.find("FROM t"), 6,
                   fmt::format("FROM t AT (VERSION => {})", past_->sequence));
      Trace(attached_, text);
      const auto found = AnyEngine().Ask(text);
      // Of what gc has collected there is no past.
      if (found.error.find("version") != std::string::npos) return past_.reset();
      ++comparisons_;
      if (found != expected) return Fail(text, expected, found);
    }
  }

  // What changes no answer.
  void Disturb() {
    static const std::vector<std::string> switches = {"icefall_partial_aggregates",
                                                      "icefall_metadata_aggregates",
                                                      "icefall_replicas", "icefall_result_cache"};
    switch (questions_.Pick(6)) {
      case 0:
        return Must(AnyEngine(), fmt::format("SET {} = {}", switches[questions_.Pick(4)],
                                             questions_.Percent(25) ? "false" : "true"));
      case 1:
        return Must(AnyEngine(), "CALL icefall_clear_cache()");
      case 2:
        if (questions_.Percent(70)) return;
        Must(attached_, "USE memory");
        Must(attached_, "DETACH my");
        return Attach();
      default:
        return DamageFiles();
    }
  }

  void DamageFiles() {
    trail_.emplace_back("-- files are damaged");
    std::error_code gone;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory_ + "/_cache", gone)) {
      if (entry.is_regular_file(gone)) files.push_back(entry.path());
    }
    for (const auto& path : files) DamageFile(path);
    if (questions_.Percent(5)) fs::remove_all(directory_ + "/_cache", gone);
  }

  // As a new file, like whoever writes them: one that is mapped must not shrink.
  void DamageFile(const fs::path& path) {
    const auto kind = questions_.Pick(5);
    if (kind > 2) return;
    std::error_code gone;
    std::string bytes;
    {
      std::ifstream in(path, std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    fs::remove(path, gone);
    if (kind == 0 || bytes.empty()) return;
    if (kind == 1) {
      bytes.resize(questions_.Pick(bytes.size()));
    } else {
      for (auto i = 1 + questions_.Pick(8); i > 0; --i) {
        auto& byte = bytes[questions_.Pick(bytes.size())];
        byte = static_cast<char>(byte ^ (1 << questions_.Pick(8)));
      }
    }
    std::ofstream(path, std::ios::binary) << bytes;
  }

  Questions questions_;
  const std::string directory_;
  std::string options_;
  DuckdbEngine& plain_;
  DuckdbEngine& attached_;
  std::unique_ptr<SessionEngine> session_;
  std::vector<std::string> pool_;
  std::optional<Past> past_;
  std::vector<std::string> trail_;
  std::string failure_;
  uint64_t comparisons_ = 0;
};

int Main(uint64_t first, uint64_t wanted) {
  uint64_t comparisons = 0;
  uint64_t failures = 0;
  // One of each for all seeds, because starting them takes longer than most questions.
  std::unique_ptr<DuckdbEngine> plain;
  std::unique_ptr<DuckdbEngine> attached;
  for (uint64_t seed = first; comparisons < wanted; ++seed) {
    if (plain == nullptr) {
      plain = std::make_unique<DuckdbEngine>();
      attached = std::make_unique<DuckdbEngine>();
    }
    Scenario scenario(seed, *plain, *attached);
    comparisons += scenario.Run();
    if (!scenario.failure().empty()) {
      ++failures;
      std::cout << "seed " << seed << " differs:\n" << scenario.failure() << std::endl;
    }
    if (seed % 50 == 0) {
      std::cout << fmt::format("up to seed {}: {} comparisons, {} seeds with differences", seed,
                               comparisons, failures)
                << std::endl;
    }
  }
  std::cout << fmt::format("{} comparisons, {} seeds with differences", comparisons, failures)
            << std::endl;
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace icefall

int main(int argc, char** argv) {
  uint64_t first = 1;
  uint64_t comparisons = 10'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--first") == 0) first = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--comparisons") == 0) {
      comparisons = std::strtoull(argv[i + 1], nullptr, 10);
    }
  }
  return icefall::Main(first, comparisons);
}
