// Inside of icefalldb::QueryResult.
#pragma once

#include <vector>

#include <icefalldb/query_result.h>

#include "session/query_result.h"

namespace icefalldb {

struct QueryResult::Impl {
  icefall::QueryResult result;
  std::vector<Column> columns;
};

QueryResult MakeQueryResult(icefall::QueryResult result);

}  // namespace icefalldb
