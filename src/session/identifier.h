// SQL text from names and values: the one place where they are quoted.
#pragma once

#include <string>
#include <string_view>

namespace icefall {

struct QualifiedName {
  std::string schema = "main";
  std::string name;
};

// Reads `table` or `schema.table` as a user writes it in an argument: split at the first dot
// outside double quotes, so that `"a.b"` is one name. Everything else, reserved words, spaces,
// slashes and lone quotes included, stands for itself.
QualifiedName ParseName(std::string_view text);

// `name` as an SQL identifier, always in double quotes, so that spaces, quotes, reserved words and
// any other characters stand for themselves.
std::string QuoteIdentifier(std::string_view name);

// "schema"."name" in the session's database.
std::string QuoteName(const QualifiedName& name);

// `text` as an SQL string literal.
std::string QuoteLiteral(std::string_view text);

}  // namespace icefall
