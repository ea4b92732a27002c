#include "cli/requests.h"

#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace icefall::cli {

Result<void> PrintRequests(Session& session) {
  ICEFALL_ASSIGN_OR_RETURN(auto result,
                           session.Query("SELECT reads || ' reads, ' || lists || ' lists, ' || "
                                         "writes || ' writes' FROM icefall_requests()"));
  std::vector<Row> rows;
  ICEFALL_RETURN_IF_ERROR(result.FetchRows(rows));
  for (const Row& row : rows)
    fmt::print(stderr, "requests: {}\n", std::get<std::string>(row.at(0)));
  return {};
}

}  // namespace icefall::cli
