// icefall_doctor(table, repair := false): what `icefalldb doctor` finds, a row per finding; with
// `repair` what is left of it after mending.
#pragma once

#include "duckdb/function/table_function.hpp"

namespace icefall {

duckdb::TableFunction DoctorFunction();

}  // namespace icefall
