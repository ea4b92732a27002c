#include "maintenance/lost_catalog.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/uuid.h"
#include "database/catalog_codec.h"
#include "database/database.h"
#include "database/directory_name.h"
#include "log/icefall/next_line.h"
#include "log/icefall/verify.h"
#include "maintenance/locked_change.h"

namespace icefall {
namespace {

std::string UuidIn(const Json& state) {
  if (!state.is_object() || !state.contains("table_uuid")) return "";
  const Json& uuid = state["table_uuid"];
  return uuid.is_string() && IsUuid(uuid.get<std::string>()) ? uuid.get<std::string>() : "";
}

Result<RemainingTable> LookAt(ObjectStore& store, const std::string& directory) {
  RemainingTable table;
  table.directory = directory;
  LogReport ignored;
  ICEFALL_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(store, directory, ignored));
  ICEFALL_ASSIGN_OR_RETURN(table.uuid, FindTableUuid(store, directory, files));
  if (table.uuid.empty()) return table;
  table.name = NameOfDirectory(directory, table.uuid).value_or(ObjectName());
  ICEFALL_ASSIGN_OR_RETURN(
      const LogReport report,
      VerifyLog(store, directory, TableCodec(store, SystemClock(), directory, table.uuid),
                [&](const SnapshotPointer& state, const ChangeSet*, const LogCursor&) {
                  table.newest = state->sequence;
                  table.rows = state->live_row_count;
                  const auto comment = state->properties.find("comment");
                  table.comment = comment == state->properties.end() ? "" : comment->second;
                }));
  table.database_sequence = report.newest.database_sequence;
  return table;
}

// Of those that were called the same the newest has the name, the others, which were dropped or
// renamed, have a part of their uuid behind it.
void KeepNamesApart(std::vector<RemainingTable>& tables) {
  std::ranges::sort(tables, std::greater<>(), &RemainingTable::uuid);
  std::set<ObjectName, ObjectNameLess> taken;
  for (RemainingTable& table : tables) {
    if (!table.can_be_named() || taken.insert(table.name).second) continue;
    table.name.name += table.uuid.substr(table.uuid.rfind('-'));
    if (!taken.insert(table.name).second) table.name.name.clear();
  }
  std::ranges::sort(tables, {}, &RemainingTable::directory);
}

CatalogChange NameTables(const std::vector<RemainingTable>& tables, Clock& clock) {
  CatalogChange change;
  std::set<std::string> schemas{"main"};
  for (const RemainingTable& table : tables) {
    if (table.can_be_named()) schemas.insert(table.name.schema);
  }
  for (const std::string& name : schemas) {
    auto schema = std::make_shared<CatalogObject>();
    schema->kind = ObjectKind::kSchema;
    schema->name = {"", name};
    schema->uuid = NewUuid(clock);
    change.created.push_back(std::move(schema));
  }
  for (const RemainingTable& table : tables) {
    if (!table.can_be_named()) continue;
    auto object = std::make_shared<CatalogObject>();
    object->kind = ObjectKind::kTable;
    object->name = table.name;
    object->uuid = table.uuid;
    object->directory = table.directory;
    object->comment = table.comment;
    change.created.push_back(std::move(object));
  }
  return change;
}

// As part of the newest commit: a later one would not be published.
Result<void> WriteCatalog(ObjectStore& store, Clock& clock, DatabaseSequence newest,
                          const CatalogChange& change) {
  CommitLine line;
  line.operation = "restore catalog";
  line.changes = CatalogCodec::EncodeChanges(NewUuid(clock), change);
  ICEFALL_ASSIGN_OR_RETURN(
      const NextLine first,
      EncodeNextLine(kCatalogDirectory, LogCursor(),
                     {std::max(newest, DatabaseSequence(1)), clock.NowMicros()},
                     DatabaseOptions().segment_size_bytes_max, line));
  const auto put = store.Put(first.entry.key, first.entry.bytes, PutCondition::IfAbsent());
  if (!put && put.error().code() != ErrorCode::kAlreadyExists) return Fail(put.error());
  return {};
}

Result<void> RestoreLocked(ObjectStore& store, Clock& clock, DatabaseSequence published) {
  ICEFALL_ASSIGN_OR_RETURN(const auto tables, FindRemainingTables(store));
  if (!tables || std::ranges::none_of(*tables, &RemainingTable::can_be_named)) return {};
  DatabaseSequence newest = published;
  for (const RemainingTable& table : *tables) newest = std::max(newest, table.database_sequence);
  return WriteCatalog(store, clock, newest, NameTables(*tables, clock));
}

}  // namespace

Result<std::string> FindTableUuid(ObjectStore& store, const std::string& directory,
                                  const LogFiles& files) {
  for (const Sequence sequence : files.manifests) {
    const auto loaded = ReadManifest(store, directory, sequence, TableCodec::kKind);
    if (!loaded) continue;
    if (auto uuid = UuidIn(loaded->manifest.state); !uuid.empty()) return uuid;
  }
  if (files.segments.empty() || files.segments.front() != Sequence(1)) return std::string();
  ICEFALL_ASSIGN_OR_RETURN(const std::string text,
                           store.ReadToEnd(SegmentKey(directory, Sequence(1)), 0));
  const auto line = ParseJson(std::string_view(text).substr(0, text.find('\n')));
  if (!line || !line->is_object() || !line->contains("changes")) return std::string();
  const Json& changes = (*line)["changes"];
  return changes.is_object() && changes.contains("table") ? UuidIn(changes["table"]) : "";
}

Result<std::optional<std::vector<RemainingTable>>> FindRemainingTables(ObjectStore& store) {
  if (!store.capabilities().append) return std::nullopt;
  LogReport ignored;
  ICEFALL_ASSIGN_OR_RETURN(const LogFiles catalog,
                           ListLogFiles(store, std::string(kCatalogDirectory), ignored));
  if (!catalog.segments.empty() || !catalog.manifests.empty()) return std::nullopt;
  ICEFALL_ASSIGN_OR_RETURN(const auto files, store.List({}));
  std::set<std::string> directories;
  std::set<std::string> collected;  // of dropped tables
  for (const ObjectInfo& file : files) {
    const std::string directory = file.key.substr(0, file.key.find('/'));
    if (directory.starts_with('_')) continue;
    const auto is_of_log = file.key.starts_with(SegmentPrefix(directory)) ||
                           file.key.starts_with(ManifestPrefix(directory));
    if (is_of_log && (ParseSegmentKey(file.key) || ParseManifestKey(file.key))) {
      directories.insert(directory);
    }
    if (ParseOldestKey(file.key) == Sequence(std::numeric_limits<uint64_t>::max())) {
      collected.insert(directory);
    }
  }
  std::vector<RemainingTable> tables;
  for (const std::string& directory : directories) {
    if (collected.contains(directory)) continue;
    ICEFALL_ASSIGN_OR_RETURN(auto table, LookAt(store, directory));
    tables.push_back(std::move(table));
  }
  if (tables.empty()) return std::nullopt;
  KeepNamesApart(tables);
  return tables;
}

CheckReport DescribeLostCatalog(const std::vector<RemainingTable>& tables) {
  CheckReport report;
  report.Add(Severity::kError, "CatalogLost",
             fmt::format("{}: neither a segment of its log nor a manifest is there; {} folders "
                         "have the log of a table",
                         kCatalogDirectory, tables.size()));
  for (const RemainingTable& table : tables) {
    if (table.uuid.empty()) {
      report.Add(Severity::kError, "LogMissing",
                 fmt::format("{}: neither the first line of its log nor a manifest can be read",
                             table.directory));
    } else if (table.name.name.empty()) {
      report.Add(Severity::kError, "LogMissing",
                 fmt::format("{}: a table of {} rows, whose folder does not have its whole name",
                             table.directory, table.rows));
    } else {
      report.Add(
          Severity::kError, "NamelessTable",
          fmt::format("{}: {} rows at snapshot {}, whose name is to be {}.{}", table.directory,
                      table.rows, table.newest.value, table.name.schema, table.name.name));
    }
  }
  return report;
}

Result<void> RestoreCatalog(ObjectStore& store, Clock& clock) {
  if (!store.capabilities().append) return {};
  return ChangeLocked(
      store, [&](DatabaseSequence published) { return RestoreLocked(store, clock, published); });
}

}  // namespace icefall
