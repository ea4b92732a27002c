// `import`: a file into a table, which is made when it is absent.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/input_file.h"
#include "cli/open_session.h"
#include "cli/schema_argument.h"
#include "session/import/table_files.h"

namespace icefall::cli {

namespace {

struct Arguments : TableArguments {
  std::string file;
  std::string format;
  std::string null_text;
  std::string types;
};

// TSV unless the name says something else: the file of an `import` may have any name.
Result<FileFormat> FormatOf(const Arguments& arguments) {
  if (!arguments.format.empty()) return ParseFileFormat(arguments.format);
  return FormatOfPath(arguments.file).value_or(FileFormat::kTsv);
}

CommandResult Run(const Arguments& arguments) {
  const auto format = FormatOf(arguments);
  if (!format.has_value()) return Usage(format.error().message());
  const auto types = ParseTypes(arguments.types);
  if (!types.has_value()) return Usage(types.error().message());
  ICEFALL_ASSIGN_OR_RETURN(const InputFile input, InputFile::Open(arguments.file));
  ICEFALL_ASSIGN_OR_RETURN(const auto session,
                           OpenSession(arguments.database, {.create_if_missing = true}));
  ICEFALL_ASSIGN_OR_RETURN(const uint64_t rows,
                           ImportFile(*session, ParseName(arguments.table), input.path(), *format,
                                      {*types, arguments.null_text}));
  fmt::print("imported {} rows into {}\n", rows, arguments.table);
  return 0;
}

}  // namespace

void AddImport(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      line.Add("import", "Add the rows of a TSV file to a table; make it when it is absent",
               "icefalldb import /tmp/mydb orders orders.tsv --types \"order_id=INTEGER\"",
               [arguments] { return Run(*arguments); });
  AddTableArguments(command, *arguments);
  command
      .add_option("FILE", arguments->file,
                  "TSV file with a header line; by suffix also a kind that `insert` reads; "
                  "- for standard input")
      ->required();
  command.add_option("--types", arguments->types,
                     "Types of a new table's columns, before what the file's values suggest: "
                     "name=type,…");
  command.add_option("--input-format", arguments->format, "What FILE is (default: by suffix, tsv)");
  command.add_option("--null", arguments->null_text,
                     "CSV and TSV: a text that stands for NULL, such as NA");
}

}  // namespace icefall::cli
