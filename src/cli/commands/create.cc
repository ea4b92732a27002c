// `create` and `create-table`, the same thing by two names.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/open_session.h"
#include "cli/schema_argument.h"
#include "session/identifier.h"
#include "session/import/table_files.h"

namespace icefall::cli {

namespace {

struct Arguments : TableArguments {
  std::string schema = "id BIGINT NOT NULL";
};

CommandResult Run(const Arguments& arguments) {
  if (arguments.table.empty()) return Usage("TABLE: expected a name, found an empty one");
  ICEFALL_ASSIGN_OR_RETURN(const std::string columns, ColumnListFromSchema(arguments.schema));
  ICEFALL_ASSIGN_OR_RETURN(const auto session,
                           OpenSession(arguments.database, {.create_if_missing = true}));
  const QualifiedName table = ParseName(arguments.table);
  if (DescribeTable(*session, table).has_value()) {
    return std::unexpected(
        CommandError(kExitFailure, fmt::format("table '{}' already exists", arguments.table)));
  }
  ICEFALL_RETURN_IF_ERROR(
      session->Execute(fmt::format("CREATE TABLE {} ({})", QuoteName(table), columns)));
  fmt::print("created table {}\n", arguments.table);
  return 0;
}

void Add(CommandLine& line, const std::string& name) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add(
      name, "Make an empty table, and the database when there is none",
      fmt::format("icefalldb {} /tmp/mydb orders --schema \"id BIGINT NOT NULL, item VARCHAR\"",
                  name),
      [arguments] { return Run(*arguments); });
  AddTableArguments(command, *arguments, "Name of the new table");
  command.add_option("--schema", arguments->schema,
                     "Columns as SQL, as JSON, or a .json file (default: id BIGINT NOT NULL)");
}

}  // namespace

void AddCreate(CommandLine& line) {
  Add(line, "create");
  Add(line, "create-table");
}

}  // namespace icefall::cli
