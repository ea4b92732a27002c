#include "sql/icedb/maintain.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/sql_quote.h"
#include "icedb/partition_rule.h"
#include "sql/errors.h"
#include "sql/icedb/query_text.h"

namespace icefall {
namespace {

// Files of one partition. Those that the original merged hold the partition's keys as well, which
// are no columns of the table.
std::string ReadFiles(const OpenIcedbTable& open, const icedb::Columns& schema,
                      const std::string& partition, const std::vector<icedb::FileMarker>& files) {
  std::string list;
  for (const auto& file : files) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", QuoteLiteral(open.PathOf(file.path)));
  }
  const std::string all =
      fmt::format("read_parquet([{}], union_by_name = true, hive_partitioning = false)", list);
  std::string keys;
  for (const auto& [key, value] : icedb::KeysOfPartition(partition)) {
    if (std::ranges::find(schema, key, &icedb::Columns::value_type::first) != schema.end())
      continue;
    keys += fmt::format("{}{}", keys.empty() ? "" : ", ", QuoteLiteral(key));
  }
  if (keys.empty()) return all;
  return fmt::format("(SELECT COLUMNS(name -> name NOT IN ({})) FROM {})", keys, all);
}

// The same as what a user's query reads: all columns of the table, NULL where a file lacks one.
// Files may have others: those without a type, of nothing but NULL and [], are not in the log.
std::string ReadAsTable(const OpenIcedbTable& open, const icedb::Columns& schema,
                        const std::string& partition, const std::vector<icedb::FileMarker>& files) {
  const std::string all = ReadFiles(open, schema, partition, files);
  if (schema.empty()) return all;
  std::string nulls;
  for (const auto& [name, type] : schema) {
    nulls += fmt::format("{}CAST(NULL AS {}) AS {}", nulls.empty() ? "" : ", ", type,
                         QuoteIdentifier(name));
  }
  return fmt::format("(SELECT {} WHERE false UNION ALL BY NAME SELECT * FROM {})", nulls, all);
}

// A user's query, with the table's types for the columns that it knows. `added` gets the others
// that are not those of `carried`, which its files have.
std::string WithTypesOf(const icedb::Columns& schema, const std::string& query,
                        IcedbFileWriter& writer, icedb::Columns& added,
                        const icedb::Columns& carried = {}) {
  std::string casts;
  for (const auto& [name, type] : writer.Describe(query)) {
    const auto known = std::ranges::find(schema, name, &icedb::Columns::value_type::first);
    if (known == schema.end()) {
      const std::pair<std::string, std::string> column(name, type);
      if (std::ranges::find(carried, column) == carried.end()) added.push_back(column);
    } else if (known->second != type) {
      casts += fmt::format("{}CAST({} AS {}) AS {}", casts.empty() ? "" : ", ",
                           QuoteIdentifier(name), known->second, QuoteIdentifier(name));
    }
  }
  if (casts.empty()) return query;
  return fmt::format("SELECT * REPLACE ({}) FROM ({})", casts, query);
}

std::vector<std::string> PathsOf(const std::vector<icedb::FileMarker>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(file.path);
  return paths;
}

// The columns that a repair gives another type, and that type: the one in `types`, else one that
// holds all values, else text.
icedb::Columns RepairedColumns(const icedb::TableState& state, const icedb::Columns& types) {
  icedb::Columns targets = types;
  for (const auto& conflict : state.conflicts()) {
    const auto known =
        std::ranges::find(targets, conflict.column, &icedb::Columns::value_type::first);
    if (known == targets.end()) {
      targets.emplace_back(conflict.column,
                           icedb::CommonType(conflict.type, conflict.new_type).value_or("VARCHAR"));
    } else if (std::ranges::find(types, conflict.column, &icedb::Columns::value_type::first) ==
               types.end()) {
      known->second = icedb::CommonType(known->second, conflict.new_type).value_or("VARCHAR");
    }
  }
  return targets;
}

// Commits that the old files became the new ones. An error whose outcome is known drops these.
template <typename Plan>
void Commit(OpenIcedbTable& open, const IcedbWriteOptions& options, const Plan& plan,
            int64_t started_at_ms, IcedbFileWriter& writer, IcedbReplacement& replacement) {
  replacement.old_paths = PathsOf(replacement.old_files);
  auto committed = open.table.Maintain(options.host, plan, started_at_ms);
  const bool may_be_there =
      committed.has_value() || committed.error().code() == ErrorCode::kOutcomeUnknown;
  if (may_be_there) writer.Keep();
  replacement.log = Unwrap(std::move(committed));
}

// Of files with these columns more than the table had.
auto PlanOf(const IcedbReplacement& replacement, const char* operation,
            const icedb::Columns& added = {}) {
  return [&replacement, operation, added](const icedb::TableState& state) {
    return DraftReplacement(state, operation, replacement.old_paths, replacement.new_files, added);
  };
}

}  // namespace

IcedbReplacement MergeIcedb(duckdb::ClientContext& context, OpenIcedbTable& open,
                            const icedb::MergeOptions& merge, const std::string& query,
                            const IcedbWriteOptions& options) {
  const int64_t started_at_ms = open.table.NowMs();
  const auto state = Unwrap(open.table.Read());
  auto plan = PlanMerge(*state, open.data_prefix(), merge);
  IcedbReplacement replacement;
  if (!plan) return replacement;
  replacement.partition = plan->partition;
  replacement.old_files = std::move(plan->files);
  IcedbFileWriter writer(context, open, options);
  open.ReadSmallFiles(replacement.old_files);
  const auto read = query.empty() ? ReadFiles : ReadAsTable;
  const std::string files =
      read(open, state->schema(), replacement.partition, replacement.old_files);
  icedb::Columns added;
  const std::string rows =
      query.empty() ? "SELECT * FROM " + files
                    : WithTypesOf(state->schema(), ReplaceName(query, "source_files", files),
                                  writer, added, writer.Describe("SELECT * FROM " + files));
  if (auto file = writer.Write(rows, replacement.partition)) {
    replacement.new_files.push_back(*std::move(file));
  }
  Commit(open, options, PlanOf(replacement, "merge", added), started_at_ms, writer, replacement);
  return replacement;
}

IcedbReplacement RewriteIcedb(duckdb::ClientContext& context, OpenIcedbTable& open,
                              const std::string& partition, const std::string& query,
                              const IcedbWriteOptions& options) {
  const int64_t started_at_ms = open.table.NowMs();
  const auto state = Unwrap(open.table.Read());
  IcedbReplacement replacement;
  replacement.partition = partition;
  replacement.old_files = AliveFilesOf(*state, open.data_prefix(), partition);
  if (replacement.old_files.empty()) return replacement;
  IcedbFileWriter writer(context, open, options);
  open.ReadSmallFiles(replacement.old_files);
  icedb::Columns added;
  for (const auto& old_file : replacement.old_files) {
    const std::string file = ReadAsTable(open, state->schema(), partition, {old_file});
    const std::string rows = WithTypesOf(state->schema(), ReplaceName(query, "_rows", file), writer,
                                         added, writer.Describe("SELECT * FROM " + file));
    if (!added.empty()) {
      throw duckdb::InvalidInputException(
          "rewrite of partition '%s': the query adds column '%s', which the table does not have",
          partition, added.front().first);
    }
    if (auto written = writer.Write(rows, partition)) {
      replacement.new_files.push_back(*std::move(written));
    }
  }
  Commit(open, options, PlanOf(replacement, "rewrite"), started_at_ms, writer, replacement);
  return replacement;
}

IcedbReplacement RepairIcedb(duckdb::ClientContext& context, OpenIcedbTable& open,
                             const icedb::Columns& types, const IcedbWriteOptions& options) {
  const int64_t started_at_ms = open.table.NowMs();
  const auto state = Unwrap(open.table.Read());
  const icedb::Columns targets = RepairedColumns(*state, types);
  IcedbReplacement replacement;
  if (targets.empty()) return replacement;
  IcedbFileWriter writer(context, open, options);
  for (const auto& file : state->files()) {
    if (!file.marker.is_alive()) continue;
    const std::string partition = icedb::PartitionOf(open.data_prefix(), file.marker.path);
    const std::string rows =
        "SELECT * FROM " + ReadFiles(open, state->schema(), partition, {file.marker});
    icedb::Columns added;  // what is not to be changed
    const std::string cast = WithTypesOf(targets, rows, writer, added);
    if (cast == rows) continue;
    replacement.old_files.push_back(file.marker);
    if (auto written = writer.Write(cast, partition)) {
      replacement.new_files.push_back(*std::move(written));
    }
  }
  const auto plan =
      [&](const icedb::TableState& now) -> Result<std::optional<icedb::MaintenanceDraft>> {
    ICEFALL_ASSIGN_OR_RETURN(auto draft, PlanOf(replacement, "repair")(now));
    draft->schema = now.schema();
    for (auto& [name, type] : *draft->schema) {
      const auto target = std::ranges::find(targets, name, &icedb::Columns::value_type::first);
      if (target != targets.end()) type = target->second;
    }
    // As long as they are there, other readers find the contradiction.
    for (const auto& log : now.logs()) draft->deleted_logs.insert(log.key);
    draft->superseded.clear();
    return draft;
  };
  Commit(open, options, plan, started_at_ms, writer, replacement);
  return replacement;
}

}  // namespace icefall
