// `drop-table`: a table out of the catalog.
#include <memory>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/open_session.h"
#include "database/database.h"
#include "maintenance/purge.h"
#include "session/import/table_files.h"

namespace icefall::cli {

namespace {

struct Arguments : TableArguments {
  bool purge = false;
};

Result<void> Drop(const Arguments& arguments, const QualifiedName& table) {
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments.database));
  ICEFALL_RETURN_IF_ERROR(DescribeTable(*session, table));
  ICEFALL_RETURN_IF_ERROR(session->Execute("DROP TABLE " + QuoteName(table)));
  return {};
}

CommandResult Run(const Arguments& arguments) {
  const QualifiedName table = ParseName(arguments.table);
  if (!arguments.purge) {
    ICEFALL_RETURN_IF_ERROR(Drop(arguments, table));
  } else {
    ICEFALL_ASSIGN_OR_RETURN(const Location location, ResolveLocation(arguments.database));
    ICEFALL_ASSIGN_OR_RETURN(const auto database, Database::Open(location.database, {}));
    ICEFALL_ASSIGN_OR_RETURN(const auto plan, PlanPurge(*database, {table.schema, table.name}));
    ICEFALL_RETURN_IF_ERROR(Drop(arguments, table));
    ICEFALL_RETURN_IF_ERROR(Purge(*database, plan));
  }
  fmt::print("dropped table {}\n", arguments.table);
  return 0;
}

}  // namespace

void AddDropTable(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command =
      line.Add("drop-table", "Take a table out of the database",
               "icefalldb drop-table /tmp/mydb orders", [arguments] { return Run(*arguments); });
  AddTableArguments(command, *arguments);
  command.add_flag("--purge", arguments->purge,
                   "Delete its files now, past snapshots included (default: with gc)");
}

}  // namespace icefall::cli
