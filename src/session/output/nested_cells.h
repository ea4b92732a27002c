// Cells of structs, lists, arrays, maps and unions.
#pragma once

#include <memory>

#include "session/output/cell.h"

namespace icefall::output {

// Structs and maps become JSON objects (a map's keys are their plain text), lists and arrays JSON
// arrays, a union the JSON of its member. Their plain text is that JSON, too.
std::unique_ptr<Cell> MakeNestedCell(const duckdb::LogicalType& type, BinaryText binary);

}  // namespace icefall::output
