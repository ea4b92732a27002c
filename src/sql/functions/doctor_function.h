// icefall_doctor(table, repair := false): what `icefalldb doctor` finds, a row per finding; with
// `repair` what is left of it after mending. Without a table as icefall_check.
#pragma once

#include "duckdb/function/function_set.hpp"

namespace icefall {

duckdb::TableFunctionSet DoctorFunctions();

}  // namespace icefall
