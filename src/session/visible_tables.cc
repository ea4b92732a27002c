#include "session/visible_tables.h"

#include <algorithm>

#include "duckdb/common/string_util.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace icefall {

namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(names,
                             [&](const auto& n) { return duckdb::StringUtil::CIEquals(n, name); });
}

}  // namespace

Result<void> CheckVisibleTables(Session::Impl& session, const std::string& statement) {
  if (session.options.tables.empty()) return {};
  std::vector<std::string> visible = session.options.tables;
  if (session.table) visible.push_back(*session.table);

  duckdb::unordered_set<std::string> names;
  try {
    names = session.connection->GetTableNames(statement);
  } catch (const std::exception&) {
    return {};  // not a statement that reads tables, or a wrong one: running it says so
  }
  for (const auto& name : names) {
    if (Contains(visible, name)) continue;
    // Names of WITH clauses and files are in the list, too.
    if (!session.connection->TableInfo(std::string(kDatabaseAlias), "main", name)) continue;
    return Fail(ErrorCode::kNotFound,
                fmt::format("table '{}' not found: -t restricts the query to {}", name,
                            fmt::join(visible, ", ")));
  }
  return {};
}

}  // namespace icefall
