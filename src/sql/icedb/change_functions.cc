#include <utility>

#include "duckdb/main/client_context.hpp"

#include "icedb/orphans.h"
#include "icedb/table_options.h"
#include "sql/errors.h"
#include "sql/functions/maintenance_function.h"
#include "sql/icedb/icedb_functions.h"
#include "sql/icedb/icedb_tables.h"
#include "sql/icedb/maintain.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;
using Row = duckdb::vector<Value>;
using Named = duckdb::named_parameter_map_t;

std::vector<std::string> Texts(const Value& list) {
  std::vector<std::string> texts;
  for (const auto& value : duckdb::ListValue::GetChildren(list)) texts.push_back(value.ToString());
  return texts;
}

template <typename Range>
Value TextList(const Range& texts) {
  duckdb::vector<Value> values;
  for (const auto& text : texts) values.emplace_back(text);
  return Value::LIST(LogicalType::VARCHAR, std::move(values));
}

icedb::Columns PairsArgument(const Named& named, const std::string& name) {
  icedb::Columns columns;
  const auto found = named.find(name);
  if (found == named.end() || found->second.IsNull()) return columns;
  for (const auto& pair : duckdb::ListValue::GetChildren(found->second)) {
    const auto texts = Texts(pair);
    if (texts.size() != 2) {
      throw duckdb::InvalidInputException("%s: expected lists of a name and a type", name);
    }
    columns.emplace_back(texts[0], texts[1]);
  }
  return columns;
}

IcedbWriteOptions WriteOptions(const Named& named) {
  IcedbWriteOptions options;
  options.host = TextArgument(named, "host", options.host);
  options.sort_order = TextArgument(named, "sort_order");
  options.codec = TextArgument(named, "codec", options.codec);
  options.row_group_size = NumberArgument(named, "row_group_size", options.row_group_size);
  return options;
}

Value LogKey(const std::optional<icedb::CommittedLog>& log) {
  return log && !log->key.empty() ? Value(log->key) : Value(LogicalType::VARCHAR);
}

// What a change answers: the log file, or NULL when there was nothing to do, and its first line.
const duckdb::vector<duckdb::string> kLogNames = {"log", "ms", "tombstones"};
const duckdb::vector<LogicalType> kLogTypes = {LogicalType::VARCHAR, LogicalType::BIGINT,
                                               LogicalType::UBIGINT};

Row LogRow(const std::optional<icedb::CommittedLog>& log) {
  if (!log) {
    return {LogKey(log), Value(LogicalType::BIGINT), Value(LogicalType::UBIGINT)};
  }
  return {LogKey(log), Value::BIGINT(log->file.ms), Value::UBIGINT(log->file.tombstones.size())};
}

LogicalType FileType() {
  return LogicalType::STRUCT({{"path", LogicalType::VARCHAR},
                              {"size_bytes", LogicalType::UBIGINT},
                              {"created_ms", LogicalType::BIGINT}});
}

Value FileList(const std::vector<icedb::FileMarker>& files) {
  duckdb::vector<Value> values;
  for (const auto& file : files) {
    values.push_back(Value::STRUCT({{"path", Value(file.path)},
                                    {"size_bytes", Value::UBIGINT(file.size_bytes)},
                                    {"created_ms", Value::BIGINT(file.created_ms)}}));
  }
  return Value::LIST(FileType(), std::move(values));
}

Row ReplacementRow(const IcedbReplacement& done) {
  Row row = LogRow(done.log);
  row.push_back(done.log ? Value(done.partition) : Value(LogicalType::VARCHAR));
  row.push_back(FileList(done.old_files));
  row.push_back(FileList(done.new_files));
  return row;
}

using RunChange = Row (*)(duckdb::ClientContext& context, OpenIcedbTable& open,
                          const duckdb::vector<Value>& inputs, const Named& named);

// The columns behind those of every change.
struct Change {
  const char* name;
  duckdb::vector<LogicalType> arguments;  // behind the location
  std::vector<std::pair<const char*, LogicalType>> named;
  duckdb::vector<duckdb::string> result_names;
  duckdb::vector<LogicalType> result_types;
};

Row Commit(duckdb::ClientContext&, OpenIcedbTable& open, const duckdb::vector<Value>& inputs,
           const Named& named) {
  // Literals have smaller types, which DuckDB does not widen inside of a list.
  const Value given = inputs[1].DefaultCastAs(LogicalType::LIST(FileType()));
  std::vector<icedb::FileMarker> files;
  for (const auto& file : duckdb::ListValue::GetChildren(given)) {
    const auto& parts = duckdb::StructValue::GetChildren(file);
    files.push_back({parts.at(0).ToString(),
                     parts.at(2).GetValue<int64_t>(),
                     parts.at(1).GetValue<uint64_t>(),
                     {}});
  }
  const std::string host = TextArgument(named, "host", "icefall");
  const auto committed =
      Unwrap(open.table.Append(host, PairsArgument(named, "columns"), std::move(files),
                               NumberArgument(named, "started_at_ms", 0)));
  open.table.MergeLogsIfMany(host);
  return LogRow(committed);
}

Row Merge(duckdb::ClientContext& context, OpenIcedbTable& open, const duckdb::vector<Value>&,
          const Named& named) {
  icedb::MergeOptions merge;
  merge.size_bytes_max = static_cast<uint64_t>(NumberArgument(named, "max_file_size", 10'000'000));
  merge.file_count_max = static_cast<uint64_t>(NumberArgument(named, "max_file_count", 10));
  merge.partition_prefix = TextArgument(named, "partition_prefix");
  const std::string order = TextArgument(named, "partition_order", "most_files");
  if (order == "fewest_files") {
    merge.order = icedb::MergeOrder::kFewestFiles;
  } else if (order == "name_desc") {
    merge.order = icedb::MergeOrder::kNameDescending;
  } else if (order == "name_asc") {
    merge.order = icedb::MergeOrder::kNameAscending;
  } else if (order != "most_files") {
    throw duckdb::InvalidInputException(
        "partition_order: expected most_files, fewest_files, name_desc or name_asc, found '%s'",
        order);
  }
  return ReplacementRow(
      MergeIcedb(context, open, merge, TextArgument(named, "query"), WriteOptions(named)));
}

Row Rewrite(duckdb::ClientContext& context, OpenIcedbTable& open,
            const duckdb::vector<Value>& inputs, const Named& named) {
  return ReplacementRow(
      RewriteIcedb(context, open, inputs[1].ToString(), inputs[2].ToString(), WriteOptions(named)));
}

Row Repair(duckdb::ClientContext& context, OpenIcedbTable& open, const duckdb::vector<Value>&,
           const Named& named) {
  return ReplacementRow(
      RepairIcedb(context, open, PairsArgument(named, "types"), WriteOptions(named)));
}

Row Remove(duckdb::ClientContext&, OpenIcedbTable& open, const duckdb::vector<Value>& inputs,
           const Named& named) {
  std::vector<std::string> removed;
  const auto log = Unwrap(open.table.Maintain(
      TextArgument(named, "host", "icefall"),
      [&](const icedb::TableState& state) -> Result<std::optional<icedb::MaintenanceDraft>> {
        auto draft = DraftRemoval(state, open.data_prefix(), Texts(inputs[1]),
                                  static_cast<uint64_t>(NumberArgument(named, "max_files", 1000)));
        if (draft.has_value() && draft->has_value()) removed = (*draft)->killed;
        return draft;
      },
      open.table.NowMs()));
  Row row = LogRow(log);
  row.push_back(TextList(removed));
  return row;
}

Row Cleanup(duckdb::ClientContext&, OpenIcedbTable& open, const duckdb::vector<Value>& inputs,
            const Named& named) {
  std::optional<icedb::MaintenanceDraft> last;
  std::vector<std::string> expired;
  std::vector<std::string> cleaned;
  const auto log = Unwrap(open.table.Maintain(
      TextArgument(named, "host", "icefall"),
      [&](const icedb::TableState& state) -> Result<std::optional<icedb::MaintenanceDraft>> {
        last = DraftCleanup(state, open.table.NowMs(), inputs[1].GetValue<int64_t>());
        expired.clear();
        cleaned.clear();
        if (!last) return last;
        cleaned.assign(last->superseded.begin(), last->superseded.end());
        for (const auto& key : last->deleted_logs) {
          (state.tombstones().contains(key) ? expired : cleaned).push_back(key);
        }
        return last;
      },
      open.table.NowMs()));
  Row row = LogRow(log);
  row.push_back(TextList(cleaned));
  row.push_back(TextList(expired));
  row.push_back(TextList(last ? last->deleted_data : std::set<std::string>()));
  return row;
}

Row MergeLogs(duckdb::ClientContext&, OpenIcedbTable& open, const duckdb::vector<Value>&,
              const Named& named) {
  const auto count_min = static_cast<uint64_t>(NumberArgument(named, "min_logs", 2));
  return LogRow(Unwrap(open.table.Maintain(
      TextArgument(named, "host", "icefall"),
      [&](const icedb::TableState& state) -> Result<std::optional<icedb::MaintenanceDraft>> {
        return DraftLogMerge(state, count_min);
      },
      open.table.NowMs())));
}

Row Orphans(duckdb::ClientContext&, OpenIcedbTable& open, const duckdb::vector<Value>& inputs,
            const Named& named) {
  const auto orphans = Unwrap(FindOrphans(open.table, inputs[1].GetValue<int64_t>()));
  if (TextArgument(named, "dry_run", "false") != "true") {
    Unwrap(DeleteOrphans(open.table, orphans));
  }
  std::vector<std::string> paths;
  uint64_t size_bytes = 0;
  for (const auto& object : orphans) {
    paths.push_back(object.key);
    size_bytes += object.size_bytes;
  }
  return {TextList(paths), Value::UBIGINT(size_bytes)};
}

Row SetOptions(duckdb::ClientContext&, OpenIcedbTable& open, const duckdb::vector<Value>&,
               const Named& named) {
  const auto& place = open.table.place();
  auto options = Unwrap(icedb::ReadTableOptions(*place.log, place.log_prefix));
  const auto before = options;
  options.partition_by = TextArgument(named, "partition_by", options.partition_by);
  options.sort_order = TextArgument(named, "sort_order", options.sort_order);
  options.codec = TextArgument(named, "codec", options.codec);
  const int64_t after =
      NumberArgument(named, "merge_logs_after", static_cast<int64_t>(options.merge_logs_after));
  if (after < 0) {
    throw duckdb::InvalidInputException(
        "merge_logs_after: expected a number of log files, or 0 for never, found %d", after);
  }
  options.merge_logs_after = static_cast<uint64_t>(after);
  if (options != before) {
    Unwrap(icedb::StoreTableOptions(*place.log, place.log_prefix, options));
    open.table.ForgetOptions();
    ++open.options_version;
  }
  return {Value(options.partition_by), Value(options.sort_order), Value(options.codec),
          Value::UBIGINT(options.merge_logs_after)};
}

template <RunChange kRun>
duckdb::TableFunction Make(Change change) {
  // The same for every instance of DuckDB, whose callbacks carry nothing.
  static const Change bound = change;
  const auto bind =
      [](duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
         duckdb::vector<LogicalType>& types,
         duckdb::vector<duckdb::string>& names) -> duckdb::unique_ptr<duckdb::FunctionData> {
    for (const auto& value : input.inputs) {
      if (value.IsNull())
        throw duckdb::InvalidInputException("%s: an argument is NULL", bound.name);
    }
    MaintenanceCall call;
    call.names = bound.result_names;
    call.types = bound.result_types;
    call.run = [open = OpenIcedbArgument(input), inputs = input.inputs,
                named = input.named_parameters](duckdb::ClientContext& context, RewriteProgress&) {
      return MaintenanceRows{kRun(context, *open, inputs, named)};
    };
    return BindMaintenance(std::move(call), types, names);
  };
  duckdb::vector<LogicalType> arguments = {LogicalType::VARCHAR};
  arguments.insert(arguments.end(), change.arguments.begin(), change.arguments.end());
  auto function = MakeMaintenanceFunction(change.name, std::move(arguments), bind);
  AddLocationParameters(function);
  function.named_parameters["host"] = LogicalType::VARCHAR;
  for (const auto& [name, type] : change.named) function.named_parameters[name] = type;
  return function;
}

template <typename T>
duckdb::vector<T> Join(duckdb::vector<T> left, const duckdb::vector<T>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace

std::vector<duckdb::TableFunction> IcedbChangeFunctions() {
  const auto text = LogicalType::VARCHAR;
  const auto number = LogicalType::BIGINT;
  const auto texts = LogicalType::LIST(text);
  const auto pairs = LogicalType::LIST(texts);
  const auto files = LogicalType::LIST(FileType());
  const auto replaced_names =
      Join<duckdb::string>(kLogNames, {"partition", "old_files", "new_files"});
  const auto replaced_types = Join<LogicalType>(kLogTypes, {text, files, files});
  const std::vector<std::pair<const char*, LogicalType>> write = {
      {"sort_order", text}, {"codec", text}, {"row_group_size", number}};
  auto merge = write;
  merge.insert(merge.end(), {{"max_file_size", number},
                             {"max_file_count", number},
                             {"partition_prefix", text},
                             {"partition_order", text},
                             {"query", text}});
  auto repair = write;
  repair.emplace_back("types", pairs);
  return {
      Make<Commit>({"icedb_commit",
                    {LogicalType::ANY},
                    {{"columns", pairs}, {"started_at_ms", number}},
                    kLogNames,
                    kLogTypes}),
      Make<Merge>({"icedb_merge", {}, merge, replaced_names, replaced_types}),
      Make<Rewrite>(
          {"icedb_rewrite_partition", {text, text}, write, replaced_names, replaced_types}),
      Make<Repair>({"icedb_repair", {}, repair, replaced_names, replaced_types}),
      Make<Remove>({"icedb_remove_partitions",
                    {texts},
                    {{"max_files", number}},
                    Join<duckdb::string>(kLogNames, {"removed_files"}),
                    Join<LogicalType>(kLogTypes, {texts})}),
      Make<Cleanup>(
          {"icedb_cleanup",
           {number},
           {},
           Join<duckdb::string>(kLogNames, {"cleaned_logs", "deleted_logs", "deleted_files"}),
           Join<LogicalType>(kLogTypes, {texts, texts, texts})}),
      Make<MergeLogs>({"icedb_merge_logs", {}, {{"min_logs", number}}, kLogNames, kLogTypes}),
      Make<Orphans>({"icedb_orphans",
                     {number},
                     {{"dry_run", LogicalType::BOOLEAN}},
                     {"files", "size_bytes"},
                     {texts, LogicalType::UBIGINT}}),
      Make<SetOptions>({"icedb_set_options",
                        {},
                        {{"partition_by", text},
                         {"sort_order", text},
                         {"codec", text},
                         {"merge_logs_after", number}},
                        {"partition_by", "sort_order", "codec", "merge_logs_after"},
                        {text, text, text, LogicalType::UBIGINT}}),
  };
}

}  // namespace icefall
