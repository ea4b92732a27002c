// Names of tables as users write them, and as SQL.
#pragma once

#include <string>
#include <string_view>

#include "base/sql_quote.h"

namespace icefall {

struct QualifiedName {
  std::string schema = "main";
  std::string name;
};

// Reads `table` or `schema.table` as a user writes it in an argument: split at the first dot
// outside double quotes, so that `"a.b"` is one name. Everything else, reserved words, spaces,
// slashes and lone quotes included, stands for itself.
QualifiedName ParseName(std::string_view text);

// "schema"."name" in the session's database.
std::string QuoteName(const QualifiedName& name);

}  // namespace icefall
