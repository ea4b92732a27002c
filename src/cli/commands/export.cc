// `export`: a table into a file.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/input_file.h"
#include "cli/open_session.h"
#include "session/import/table_files.h"

namespace icefall::cli {

namespace {

struct Arguments : TableArguments {
  std::string file;
};

CommandResult Run(const Arguments& arguments) {
  const auto format = FormatOfPath(arguments.file);
  if (!format.has_value()) return Usage(format.error().message());
  ICEFALL_ASSIGN_OR_RETURN(const auto session,
                           OpenSession(arguments.database, {.read_only = true}));
  ICEFALL_ASSIGN_OR_RETURN(const uint64_t rows, ExportTable(*session, ParseName(arguments.table),
                                                            arguments.file, *format));
  fmt::print("exported {} rows from {}\n", rows, arguments.table);
  return 0;
}

}  // namespace

void AddExport(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add("export", "Write the rows of a table to a file",
                               "icefalldb export /tmp/mydb orders orders.parquet",
                               [arguments] { return Run(*arguments); });
  AddTableArguments(command, *arguments);
  command
      .add_option("FILE", arguments->file,
                  ".parquet, .arrow, .arrows, .feather, .csv, .json, .ndjson or .tsv file; "
                  "replaced when it exists")
      ->required();
}

}  // namespace icefall::cli
