// `refresh-view`: whether a view still has all that it reads.
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/open_session.h"
#include "session/identifier.h"

namespace icefall::cli {

namespace {

struct Arguments {
  std::string database;
  std::string view;
};

Result<bool> HasView(Session& session, const QualifiedName& view) {
  ICEFALL_ASSIGN_OR_RETURN(
      auto result,
      session.Query(fmt::format("FROM duckdb_views() WHERE database_name = current_database() AND "
                                "lower(schema_name) = lower({}) AND lower(view_name) = lower({})",
                                QuoteLiteral(view.schema), QuoteLiteral(view.name))));
  std::vector<Row> found;
  ICEFALL_RETURN_IF_ERROR(result.FetchRows(found));
  return !found.empty();
}

CommandResult Run(const Arguments& arguments) {
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments.database));
  const QualifiedName view = ParseName(arguments.view);
  ICEFALL_ASSIGN_OR_RETURN(const bool is_there, HasView(*session, view));
  if (!is_there) {
    return Fail(ErrorCode::kNotFound, fmt::format("view '{}' not found", arguments.view));
  }
  // Its rows are computed when it is read, so that there is nothing to compute here.
  ICEFALL_RETURN_IF_ERROR(
      session->Execute(fmt::format("SELECT * FROM {} LIMIT 0", QuoteName(view))));
  fmt::print("refreshed view {}\n", arguments.view);
  return 0;
}

}  // namespace

void AddRefreshView(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App& command = line.Add(
      "refresh-view", "Check that a view has all it reads; its rows are always current",
      "icefalldb refresh-view /tmp/mydb open_orders", [arguments] { return Run(*arguments); });
  command.add_option("DB", arguments->database, "Database directory")->required();
  command.add_option("VIEW", arguments->view, "Name of the view")->required();
}

}  // namespace icefall::cli
