// `insert`: the rows of a file into a table that exists.
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/input_file.h"
#include "cli/open_session.h"
#include "session/import/table_files.h"

namespace icefall::cli {

namespace {

struct Arguments : TableArguments {
  std::string file;
  std::string format;
  std::string null_text;
};

CommandResult Run(const Arguments& arguments) {
  auto format = ChooseFormat(arguments.file, arguments.format);
  if (!format.has_value()) return Usage(format.error().message());
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments.database));
  ICEFALL_ASSIGN_OR_RETURN(const InputFile input, InputFile::Open(arguments.file));
  ICEFALL_ASSIGN_OR_RETURN(const uint64_t rows,
                           InsertFile(*session, ParseName(arguments.table), input.path(), *format,
                                      {{}, arguments.null_text}));
  fmt::print("inserted {} rows into {}\n", rows, arguments.table);
  return 0;
}

}  // namespace

void AddInsert(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add("insert", "Add the rows of a file to a table",
                               "icefalldb insert /tmp/mydb orders more.parquet",
                               [arguments] { return Run(*arguments); });
  AddTableArguments(command, *arguments, "Table, which must exist");
  command
      .add_option("FILE", arguments->file,
                  ".parquet, .arrow, .arrows, .feather, .csv, .json, .ndjson or .tsv file; "
                  "- for standard input")
      ->required();
  command.add_option("--input-format", arguments->format,
                     "What FILE is, when its name does not say: parquet, arrow, arrows, csv, "
                     "json, ndjson, tsv");
  command.add_option("--null", arguments->null_text,
                     "CSV and TSV: a text that stands for NULL, such as NA");
}

}  // namespace icefall::cli
