#include "maintenance/gc_dropped.h"

#include <map>
#include <string>
#include <vector>

#include "database/catalog_codec.h"
#include "log/icefall/file_names.h"
#include "log/icefall/verify.h"
#include "maintenance/dropped_files.h"

namespace icefall {
namespace {

struct DroppedTable {
  std::string directory;
  DatabaseSequence dropped_at;
  TimestampMicros dropped_time = 0;
};

// Visits the states of the catalog up to `limit` in order; those before the oldest that is stored
// are left out.
template <typename Visit>
Result<void> ForEachCatalog(ObjectStore& store, DatabaseSequence limit, const Visit& visit) {
  const std::string directory(kCatalogDirectory);
  LogReport ignored;
  CatalogCodec codec;
  ICEFALL_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(store, directory, ignored));
  const auto start = FindVerifyStart(store, directory, files, codec, ignored);
  if (!start) return {};
  if (start->state) visit(*start->state);
  TransactionOutcomes outcomes(store);
  CatalogSnapshotPointer state = start->state;
  LogCursor cursor = start->cursor;
  return LineReader(store, directory, outcomes)
      .Read(cursor, {.limit = limit}, [&](const VerifiedLine& line) -> Result<bool> {
        ICEFALL_ASSIGN_OR_RETURN(const auto step, codec.Apply(state.get(), line));
        state = step.state;
        visit(*state);
        return true;
      });
}

Result<std::vector<DroppedTable>> FindDropped(Database& database, const ObjectName& name) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto now, transaction->Catalog());
  // Its own view of the database is no reason to keep anything.
  transaction->Rollback();
  std::map<std::string, CatalogObjectPointer> present;  // by uuid, at the last state visited
  std::vector<DroppedTable> dropped;
  ICEFALL_RETURN_IF_ERROR(
      ForEachCatalog(database.store(), now->database_sequence, [&](const CatalogSnapshot& catalog) {
        std::map<std::string, CatalogObjectPointer> next;
        for (auto& table : catalog.Tables()) next[table->uuid] = std::move(table);
        for (const auto& [uuid, table] : present) {
          if (next.contains(uuid)) continue;
          if (!ObjectNameLess()(table->name, name) && !ObjectNameLess()(name, table->name)) {
            dropped.push_back({table->directory, catalog.database_sequence, catalog.committed_at});
          }
        }
        present = std::move(next);
      }));
  // Whatever an unreadable line hides, a directory that a table has now is not touched.
  std::erase_if(dropped, [&](const DroppedTable& table) {
    for (const auto& object : now->Tables()) {
      if (object->directory == table.directory) return true;
    }
    return false;
  });
  return dropped;
}

class DroppedCollection {
 public:
  DroppedCollection(Database& database, Clock& clock, const GcOptions& options, GcReport& report)
      : database_(database),
        store_(database.store()),
        options_(options),
        report_(report),
        now_(clock.NowMicros()) {}

  Result<void> Run(const DroppedTable& table) {
    ICEFALL_RETURN_IF_ERROR(GoOn(options_, 0, 0));
    if (IsRetained(table)) return {};
    ICEFALL_ASSIGN_OR_RETURN(const bool is_read, IsRead(table));
    if (is_read) return {};
    ICEFALL_ASSIGN_OR_RETURN(const DroppedFiles dropped, ListDropped(store_, table.directory));
    if (!options_.dry_run) {
      if (!dropped.has_mark) ICEFALL_RETURN_IF_ERROR(MarkDropped(store_, table.directory));
      ICEFALL_ASSIGN_OR_RETURN(const bool is_still_read, IsRead(table));
      if (is_still_read) return {};
    }
    for (size_t i = 0; i < dropped.files.size(); ++i) {
      const ObjectInfo& file = dropped.files[i];
      ICEFALL_RETURN_IF_ERROR(GoOn(options_, i, dropped.files.size()));
      if (!options_.dry_run) {
        ICEFALL_RETURN_IF_ERROR(store_.Delete(file.key));
        if (options_.deleted) options_.deleted(file.key);
      }
      ++report_.deleted_files;
      report_.deleted_bytes += file.size_bytes;
    }
    return {};
  }

 private:
  bool IsRetained(const DroppedTable& table) const {
    if (options_.retain_micros && table.dropped_time >= now_ - *options_.retain_micros) return true;
    // Without locks nobody knows who reads.
    return !store_.capabilities().append && table.dropped_time >= now_ - options_.safe_age_micros;
  }

  Result<bool> IsRead(const DroppedTable& table) {
    ICEFALL_ASSIGN_OR_RETURN(const OldestRunning running, database_.Running());
    return running.pin && *running.pin < table.dropped_at;
  }

  Database& database_;
  ObjectStore& store_;
  const GcOptions& options_;
  GcReport& report_;
  const TimestampMicros now_;
};

}  // namespace

Result<bool> CollectDropped(Database& database, Clock& clock, const ObjectName& name,
                            const GcOptions& options, GcReport& report) {
  ICEFALL_ASSIGN_OR_RETURN(const auto dropped, FindDropped(database, name));
  DroppedCollection collection(database, clock, options, report);
  for (const DroppedTable& table : dropped) ICEFALL_RETURN_IF_ERROR(collection.Run(table));
  return !dropped.empty();
}

}  // namespace icefall
