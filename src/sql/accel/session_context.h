// What a session adds to the text of a statement: settings, variables, names of its own.
#pragma once

#include <string>

#include "duckdb/main/client_context.hpp"

namespace icefall {

class IcefallCatalog;

struct SessionContext {
  // Equal texts mean that equal statements have equal answers over equal tables. Empty: answers of
  // this session must not be kept.
  std::string context;
  std::string refusal;  // why not
};

SessionContext DescribeSession(duckdb::ClientContext& context, IcefallCatalog& catalog);

}  // namespace icefall
