// The precompiled header of builds by clang: what many files of src/sql, of src/session and of
// their tests include. It spares no #include in a source, which must also build without it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/filter/list.hpp"
#include "duckdb/planner/operator/list.hpp"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cmake/duckdb_pch.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_schema_entry.h"
#include "sql/icefall_table_entry.h"
#include "sql/icefall_transaction.h"
#include "sql/scan/fragment_list.h"
#include "sql/scan/row_scanner.h"
#include "sql/sql_fixture.h"
#include "sql/write/partial_table.h"
