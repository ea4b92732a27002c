// A sqllogictest file, parsed: DuckDB's dialect as of 1.5.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace icefall::sqllogic {

enum class RecordKind : uint8_t {
  kStatement,
  kQuery,
  kLoop,
  kHalt,
  kMode,
  kSet,
  kReset,
  kRequire,
  kRequireEnv,
  kTestEnv,
  kLoad,
  kRestart,
  kReconnect,
  kSleep,
  kUnzip,
  kHashThreshold,
  kContinue,
  kMalformed,  // `sql` says what is wrong; fails when it is reached, not before
};

enum class Expectation : uint8_t { kOk, kError, kMaybe, kDontCare };
enum class SortMode : uint8_t { kNone, kRows, kValues };
enum class Comparison : uint8_t { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual };

// `skipif i=3` or `onlyif i=3`: on the value of a running loop.
struct Condition {
  std::string iterator;
  Comparison comparison = Comparison::kEqual;
  std::string value;
  bool skip_if_true = false;
};

struct Record {
  RecordKind kind = RecordKind::kMalformed;
  size_t line = 0;  // counted from 1
  std::vector<Condition> conditions;
  // Of a system other than DuckDB ("icefall"): the record runs only there, or only elsewhere.
  std::string only_if_system;
  std::string skip_if_system;
  std::vector<std::string> words;  // what follows the command

  // kStatement and kQuery.
  std::string sql;
  std::string connection;
  Expectation expectation = Expectation::kOk;
  std::string expected_error;
  size_t columns = 0;
  SortMode sort = SortMode::kNone;
  std::string label;
  std::vector<std::string> expected;  // the lines after ----

  // kLoop: `loop` counts from `begin` up to and without `end`, `foreach` takes the tokens in turn.
  std::string iterator;
  int64_t begin = 0;
  int64_t end = 0;
  std::vector<std::string> tokens;
  bool concurrent = false;
  std::vector<Record> body;
};

// Never fails: what cannot be parsed becomes a kMalformed record, and nothing follows it.
// `original` is SQLite's own suite, where errors need no message.
std::vector<Record> ParseScript(const std::string& text, bool original);

}  // namespace icefall::sqllogic
