// What icefall_call can do, an operation each: JSON arguments in, a JSON value or an Error out.
#pragma once

#include <atomic>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace icefall::python {

// Set by another thread to end an operation that reads or writes whole files (see SessionOptions);
// the others take no time.
using Stop = std::atomic<bool>;
using Operation = Result<nlohmann::json> (*)(const nlohmann::json& arguments, const Stop& stop);

// {path, table?, tables?, snapshot?, create} -> {database, schema, table, sequence, tables}: what a
// path stands for. `tables`: of those asked for, and the path's own, as SQL quotes them. `sequence`
// is the database's, for `snapshot` of the table when there is one, else of the database. Errors:
// kNotFound for a path, table or snapshot that is missing; kInvalidArgument for a path that is no
// database.
Result<nlohmann::json> Resolve(const nlohmann::json& arguments, const Stop& stop);

// {path, table?} -> [{sequence, committed_at, rows, fragments, parent_hash}], ascending.
Result<nlohmann::json> History(const nlohmann::json& arguments, const Stop& stop);

// {path, table?, data, checksums} -> [{severity, code, message}]: what CheckTable finds; of a whole
// database what CheckDatabase does, with `table`, which is null for what is no table's.
Result<nlohmann::json> Check(const nlohmann::json& arguments, const Stop& stop);

// {path, table?, repair} -> {findings: [{severity, code, message, remedy, explanation}], healthy}.
// With `repair`, what can be mended is; `healthy` says how the table is afterwards. `remedy`:
// "unneeded", "repair" or "impossible". Of a whole database, whose catalog may be lost, findings
// have `table`, too.
Result<nlohmann::json> Doctor(const nlohmann::json& arguments, const Stop& stop);

// {path, table, file, types?} -> rows. Makes database and table when they are absent.
Result<nlohmann::json> ImportTsv(const nlohmann::json& arguments, const Stop& stop);

// {path, table, file} -> rows.
Result<nlohmann::json> ExportTsv(const nlohmann::json& arguments, const Stop& stop);

// {path, from, from_format, to, to_format: "tsv" | "arrow", types?} -> rows. `path` is a database
// of which nothing is used. What was written stays when it fails.
Result<nlohmann::json> Convert(const nlohmann::json& arguments, const Stop& stop);

}  // namespace icefall::python
