// What separates two schemas of one table: for conflict rules and their messages.
#pragma once

#include <optional>
#include <string>

#include "table/schema.h"

namespace icefall {

// Why rows written under `written` cannot be taken as rows of `current`, a schema that others
// made from it: "column 'a' was dropped". Absent when they can: every (nested) field of `written`
// is there with its default and type (a column in no key: or a wider type), added ones may be NULL
// or have a default, and there is no new constraint. Names and comments do not matter.
std::optional<std::string> WhyRowsDoNotFit(const Schema& written, const Schema& current);

// Why SQL over the columns of `before` (a sort order's, a partition spec's) may fail or mean
// another thing under `after`: a column was dropped, renamed or retyped. Absent when it may not.
std::optional<std::string> WhyExpressionsMayBreak(const Schema& before, const Schema& after);

// The columns and constraints that differ, for a message: "column 'a' dropped, column 'b' added".
std::string DescribeSchemaChange(const Schema& before, const Schema& after);

}  // namespace icefall
