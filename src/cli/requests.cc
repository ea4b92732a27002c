#include "cli/requests.h"

#include <cstdint>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace icefall::cli {

Result<void> PrintRequests(Session& session) {
  // All names are qualified: to look for one in the database would begin a transaction there, which
  // is a request.
  ICEFALL_ASSIGN_OR_RETURN(auto result,
                           session.Query("SELECT reads::BIGINT, lists::BIGINT, writes::BIGINT FROM "
                                         "system.main.icefall_requests()"));
  std::vector<Row> rows;
  ICEFALL_RETURN_IF_ERROR(result.FetchRows(rows));
  for (const Row& row : rows) {
    fmt::print(stderr, "requests: {} reads, {} lists, {} writes\n", std::get<int64_t>(row.at(0)),
               std::get<int64_t>(row.at(1)), std::get<int64_t>(row.at(2)));
  }
  return {};
}

}  // namespace icefall::cli
