// Runs a parsed script.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "tests/sqllogic/engine.h"
#include "tests/sqllogic/result_check.h"
#include "tests/sqllogic/script.h"

namespace icefall::sqllogic {

enum class OutcomeKind : uint8_t { kPassed, kFailed, kSkipped };

struct Outcome {
  OutcomeKind kind = OutcomeKind::kPassed;
  // Where and what: of a failure the first one; of a skip the reason.
  size_t line = 0;
  std::string sql;
  std::string message;
};

struct ScriptOptions {
  std::string name;  // the file's path as given
  bool original = false;
  bool any_order = false;
  // A failure ends the script as skipped where one of these is in the statement, in what was
  // expected of it, or in what was found.
  std::vector<std::string> skip_messages;
};

class Interpreter {
 public:
  Interpreter(Engine& engine, ScriptOptions options);
  // Opens the engine's database and runs the records up to the first failure.
  Outcome Run(const std::vector<Record>& records);

 private:
  struct Loop;
  struct Frame;
  struct Stop;

  void RunRecords(const std::vector<Record>& records, Frame& frame);
  void RunRecord(const Record& record, Frame& frame);
  void RunSql(const Record& record, Frame& frame);
  void RunLoop(const Record& record, Frame& frame);
  void RunConcurrently(const Record& record, Frame& frame);
  void RunCommand(const Record& record, const Frame& frame);
  void RequireEnvironment(const Record& record);
  void SetOption(const Record& record);
  void Load(const Record& record, const Frame& frame);
  bool IsExcluded(const Record& record, const Frame& frame) const;
  std::string Replace(std::string text, const Frame& frame) const;
  std::string ReplaceKeywords(std::string text) const;

  Engine& engine_;
  const ScriptOptions options_;
  std::map<std::string, std::string> environment_;
  std::vector<std::string> ignored_messages_;  // of errors, as the script says
  size_t hash_threshold_ = 0;
  Labels labels_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace icefall::sqllogic
