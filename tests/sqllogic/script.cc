#include "tests/sqllogic/script.h"

#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tests/sqllogic/foreach_tokens.h"
#include "tests/sqllogic/text.h"

namespace icefall::sqllogic {
namespace {

bool IsEmptyOrComment(const std::string& line) { return line.empty() || line.starts_with('#'); }

const std::map<std::string, RecordKind>& Commands() {
  static const std::map<std::string, RecordKind> kCommands = {
      {"statement", RecordKind::kStatement},
      {"query", RecordKind::kQuery},
      {"loop", RecordKind::kLoop},
      {"concurrentloop", RecordKind::kLoop},
      {"foreach", RecordKind::kLoop},
      {"concurrentforeach", RecordKind::kLoop},
      {"halt", RecordKind::kHalt},
      {"mode", RecordKind::kMode},
      {"set", RecordKind::kSet},
      {"reset", RecordKind::kReset},
      {"require", RecordKind::kRequire},
      {"require-env", RecordKind::kRequireEnv},
      {"test-env", RecordKind::kTestEnv},
      {"load", RecordKind::kLoad},
      {"restart", RecordKind::kRestart},
      {"reconnect", RecordKind::kReconnect},
      {"sleep", RecordKind::kSleep},
      {"unzip", RecordKind::kUnzip},
      {"hash-threshold", RecordKind::kHashThreshold},
      {"continue", RecordKind::kContinue}};
  return kCommands;
}

const std::map<std::string, SortMode> kSortModes = {
    {"nosort", SortMode::kNone}, {"none", SortMode::kNone},        {"rowsort", SortMode::kRows},
    {"sort", SortMode::kRows},   {"valuesort", SortMode::kValues},
};

class ScriptParser {
 public:
  ScriptParser(const std::string& text, bool original) : lines_(Lines(text)), original_(original) {}

  std::vector<Record> Parse() {
    open_.push_back(&records_);
    try {
      while (FindRecord()) ParseRecord();
      if (open_.size() > 1) throw std::runtime_error("missing endloop");
    } catch (const std::exception& problem) {
      // A loop without its end must not run.
      if (open_.size() > 1) records_.pop_back();
      Record malformed;
      malformed.line = current_ + 1;
      malformed.sql = problem.what();
      records_.push_back(std::move(malformed));
    }
    return std::move(records_);
  }

 private:
  // Moves past the rest of the last record to the first line of the next one.
  bool FindRecord() {
    if (!at_begin_) {
      while (current_ < lines_.size() && !IsEmptyOrComment(lines_[current_])) ++current_;
    }
    at_begin_ = false;
    while (current_ < lines_.size() && IsEmptyOrComment(lines_[current_])) ++current_;
    return current_ < lines_.size();
  }

  void ParseRecord() {
    Record record;
    if (!ParseConditions(record)) return;
    auto words = Words(lines_[current_]);
    if (words.empty()) throw std::runtime_error("a line of spaces");
    const std::string command = words[0];
    words.erase(words.begin());
    record.line = current_ + 1;
    record.words = std::move(words);
    if (skip_depth_ > 0 && command != "mode") return;
    if (command == "endloop") {
      if (open_.size() < 2) throw std::runtime_error("endloop without a loop");
      open_.pop_back();
      return;
    }
    if (command == "tags") return;
    const auto found = Commands().find(command);
    if (found == Commands().end()) throw std::runtime_error("unknown command: " + command);
    record.kind = found->second;
    ParseBody(command, std::move(record));
  }

  void ParseBody(const std::string& command, Record record) {
    if (record.kind == RecordKind::kStatement) ParseStatement(record);
    if (record.kind == RecordKind::kQuery) ParseQuery(record);
    if (record.kind == RecordKind::kLoop) ParseLoop(command, record);
    if (record.kind == RecordKind::kMode && !record.words.empty()) {
      if (record.words[0] == "skip") return void(++skip_depth_);
      if (record.words[0] == "unskip") return void(--skip_depth_);
    }
    const bool is_loop = record.kind == RecordKind::kLoop;
    open_.back()->push_back(std::move(record));
    if (is_loop) open_.push_back(&open_.back()->back().body);
  }

  // The lines of skipif and onlyif before a record; false when it is not for DuckDB.
  bool ParseConditions(Record& record) {
    for (;; ++current_) {
      const auto words = current_ < lines_.size() ? Words(lines_[current_]) : Words("");
      if (words.empty() || (words[0] != "skipif" && words[0] != "onlyif")) return true;
      if (words.size() < 2) throw std::runtime_error("skipif and onlyif need a condition");
      const bool skip_if = words[0] == "skipif";
      const std::string text = Lower(words[1]);
      if (!original_ && text.find_first_of("=<>") != std::string::npos) {
        for (const auto& part : SplitAt(text, "&&")) {
          record.conditions.push_back(ParseCondition(part, skip_if));
        }
        continue;
      }
      if (text == "icefall") {
        (skip_if ? record.skip_if_system : record.only_if_system) = text;
        continue;
      }
      const bool ours = text == "duckdb" || (original_ && text == "postgresql");
      if (ours == skip_if) return false;
    }
  }

  static Condition ParseCondition(const std::string& text, bool skip_if) {
    static const std::pair<const char*, Comparison> kComparisons[] = {
        {"<>", Comparison::kNotEqual}, {">=", Comparison::kGreaterEqual},
        {">", Comparison::kGreater},   {"<=", Comparison::kLessEqual},
        {"<", Comparison::kLess},      {"=", Comparison::kEqual},
    };
    for (const auto& [symbol, comparison] : kComparisons) {
      const auto sides = SplitAt(text, symbol);
      if (sides.size() == 2) return {Trim(sides[0]), comparison, Trim(sides[1]), skip_if};
    }
    throw std::runtime_error("not a condition: " + text);
  }

  std::string TakeSql() {
    std::string sql;
    ++current_;
    for (; current_ < lines_.size() && !IsEmptyOrComment(lines_[current_]); ++current_) {
      if (lines_[current_] == "----") break;
      if (!sql.empty()) sql += "\n";
      sql += lines_[current_];
    }
    return sql;
  }

  bool AtResult() const { return current_ < lines_.size() && lines_[current_] == "----"; }

  std::vector<std::string> TakeResult() {
    std::vector<std::string> lines;
    if (AtResult()) ++current_;
    for (; current_ < lines_.size() && !lines_[current_].empty(); ++current_) {
      lines.push_back(lines_[current_]);
    }
    return lines;
  }

  void ParseStatement(Record& record) {
    static const std::map<std::string, Expectation> kExpectations = {
        {"ok", Expectation::kOk},
        {"error", Expectation::kError},
        {"maybe", Expectation::kMaybe},
        {"debug", Expectation::kDontCare},
        {"debug_skip", Expectation::kDontCare}};
    const auto found =
        record.words.empty() ? kExpectations.end() : kExpectations.find(record.words[0]);
    if (found == kExpectations.end()) throw std::runtime_error("statement: expected ok or error");
    record.expectation = found->second;
    if (record.words[0] == "debug_skip") ++skip_depth_;
    if (record.words.size() > 1) record.connection = record.words[1];
    record.sql = TakeSql();
    if (record.sql.empty()) throw std::runtime_error("statement without text");
    const bool may_fail =
        record.expectation == Expectation::kError || record.expectation == Expectation::kMaybe;
    if (!AtResult()) {
      if (may_fail && !original_) throw std::runtime_error("an expected error needs a message");
      return;
    }
    if (!may_fail) throw std::runtime_error("statement ok cannot have an expected message");
    for (const auto& line : TakeResult()) {
      record.expected_error += (record.expected_error.empty() ? "" : "\n") + line;
    }
  }

  void ParseQuery(Record& record) {
    if (record.words.empty()) throw std::runtime_error("query needs the types of its columns");
    record.columns = record.words[0].size();
    if (record.words[0].find_first_not_of("TIR") != std::string::npos) {
      throw std::runtime_error("query: column types are T, I and R, found " + record.words[0]);
    }
    record.sql = TakeSql();
    record.expected = TakeResult();
    if (record.words.size() > 1) {
      const auto sort = kSortModes.find(record.words[1]);
      if (sort == kSortModes.end()) {
        record.connection = record.words[1];
      } else {
        record.sort = sort->second;
      }
    }
    if (record.words.size() > 2) record.label = record.words[2];
  }

  static void ParseLoop(const std::string& command, Record& record) {
    const bool counted = command.ends_with("loop");
    record.concurrent = command.starts_with("concurrent");
    if (record.words.size() < 2 || (counted && record.words.size() != 3)) {
      throw std::runtime_error(command + " needs an iterator and what to iterate over");
    }
    record.iterator = record.words[0];
    if (counted) {
      record.begin = std::stoll(record.words[1]);
      record.end = std::stoll(record.words[2]);
      return;
    }
    record.tokens = ExpandTokens({record.words.begin() + 1, record.words.end()});
    record.end = static_cast<int64_t>(record.tokens.size());
  }

  const std::vector<std::string> lines_;
  const bool original_;
  size_t current_ = 0;
  bool at_begin_ = true;
  int skip_depth_ = 0;
  std::vector<Record> records_;
  // The record lists of the loops around the current line, outermost first. A list does not grow
  // while one of its loops is open, so that the pointers stay good.
  std::vector<std::vector<Record>*> open_;
};

}  // namespace

std::vector<Record> ParseScript(const std::string& text, bool original) {
  return ScriptParser(text, original).Parse();
}

}  // namespace icefall::sqllogic
