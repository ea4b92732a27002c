// Runs one sqllogictest file: icefall_sqllogictest [options] FILE
// Exit code 0: passed; 1: failed, the place and the reason on stdout; 3: skipped, with the reason.
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "tests/sqllogic/engine.h"
#include "tests/sqllogic/interpreter.h"
#include "tests/sqllogic/script.h"

namespace {

using namespace icefall::sqllogic;

std::string ReadFile(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  std::stringstream text;
  text << input.rdbuf();
  if (!input) throw std::runtime_error("cannot read " + path);
  return text.str();
}

int Report(const std::string& path, const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::kPassed) return 0;
  std::cout << path << ":" << outcome.line << ": " << outcome.message << "\n";
  if (!outcome.sql.empty()) std::cout << "statement: " << outcome.sql << "\n";
  std::cout.flush();
  return outcome.kind == OutcomeKind::kFailed ? 1 : 3;
}

// Exists while it runs; what scripts write goes here.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "sqllogic-XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot create " + pattern);
    path_ = pattern;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int Run(int argc, char** argv) {
  CLI::App app("Runs a sqllogictest file on an icefall database.");
  TargetOptions target;
  ScriptOptions script;
  bool plain = false;
  std::string working_directory;
  app.add_option("file", script.name, "the test file")->required();
  app.add_flag("--duckdb", plain, "run on plain DuckDB instead, without what is only in icefall");
  app.add_flag("--any-order", script.any_order, "rows without ORDER BY may come in any order");
  app.add_flag("--original", script.original, "the file is of SQLite's own suite");
  app.add_option("--attach", target.attach_options, "further options of ATTACH: \", NAME VALUE\"");
  app.add_option("--on-connection", target.connection_sql, "SQL for every new connection");
  app.add_flag("--index-tables", target.index_tables,
               "every new table gets an index on its first column that can have one");
  app.add_option("--extensions", target.extension_directory, "where NAME.duckdb_extension are");
  app.add_option("--skip-message", script.skip_messages,
                 "failures with it end the file as skipped");
  app.add_option("--directory", working_directory, "the directory that paths are relative to");
  CLI11_PARSE(app, argc, argv);

  const ScratchDirectory scratch;
  target.test_directory = scratch.path();
  target.kind = plain ? TargetKind::kDuckdb : TargetKind::kIcefall;
  if (!working_directory.empty()) std::filesystem::current_path(working_directory);
  const auto records = ParseScript(ReadFile(script.name), script.original);
  Engine engine(target);
  Interpreter interpreter(engine, script);
  return Report(script.name, interpreter.Run(records));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& problem) {
    std::cout << problem.what() << std::endl;
    return 1;
  }
}
