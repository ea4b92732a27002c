// A directory (or bucket prefix) as a database: the engine's front door.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "database/point_in_time.h"
#include "database/running_transactions.h"
#include "database/transaction.h"
#include "store/object_store.h"

namespace icefall {

// Visits what a data file stores as `_row_id`, row by row; nothing for NULL. `external_path`: see
// ObjectStore::ExternalPath. May be called from any thread. Error: why the file cannot be read.
using StoredRowIdReader = std::function<Result<void>(
    const std::string& external_path,
    const std::function<void(uint64_t position, std::optional<RowId> stored)>& visit)>;

struct DatabaseOptions {
  bool read_only = false;
  // Makes an empty database where the location is missing or an empty directory.
  bool create_if_missing = false;
  // Log bytes behind the newest manifest after which a commit has a new one written; more makes
  // opening slower, less makes more manifests. The size of the last manifest counts, too.
  uint64_t manifest_interval_bytes = 256 * 1024;
  // A segment is closed when it has grown past this.
  uint64_t segment_size_bytes_max = 4 * 1024 * 1024;
  Clock* clock = nullptr;  // null: SystemClock()
  // Of a store whose objects DuckDB does not reach by itself: before a key it makes the path under
  // which the opener of the database serves the object to DuckDB. Empty: there are no such paths.
  std::string external_prefix;
  // Asked at commit when a transaction deletes rows that maintenance has moved since it began, and
  // the reverse. Null: such a transaction fails with kConflict.
  StoredRowIdReader read_row_ids;
};

// One commit of a table, for people.
struct CommitSummary {
  Sequence sequence;
  DatabaseSequence database_sequence;
  TimestampMicros committed_at = 0;
  std::string operation;
  std::map<std::string, std::string> summary;
  std::string parent_hash;
  uint64_t live_rows = 0;
  uint64_t fragments = 0;  // data files, and one more when there are inline rows
  SchemaId schema;
};

// Thread-safe. Must outlive its transactions.
class Database {
 public:
  virtual ~Database() = default;

  // `location`: a path, or a URL of a scheme that src/store/registry.h knows. Errors: kNotFound
  // for a missing directory; kInvalidArgument for one that is no database (has other files, no
  // _catalog); kCorruption.
  static Result<std::unique_ptr<Database>> Open(std::string_view location,
                                                const DatabaseOptions& options);
  // On a store that the caller made (tests, fault injection, memory).
  static Result<std::unique_ptr<Database>> Open(std::shared_ptr<ObjectStore> store,
                                                const DatabaseOptions& options);

  virtual Result<std::unique_ptr<Transaction>> Begin() = 0;

  // The newest commit that readers may rely on, of whatever process; costs no I/O. Absent where
  // that cannot be known without.
  virtual std::optional<DatabaseSequence> Published() = 0;

  // A transaction that cannot change anything and sees the database as it was: its names (of what
  // was dropped or renamed since, too) and its tables. Each log costs a search by halves among its
  // manifests, and the lines from the manifest found to the point: `manifest_interval_bytes` or
  // half a manifest, whichever is more, read from one segment. Asked for again it costs nothing as
  // long as the log remembers it (StateLog::kPastMax). Error: kNotFound "snapshot N not found" for
  // a point before the first commit, or a sequence after the newest one. A table whose state of
  // then was removed is still named; reading it is kNotFound.
  virtual Result<std::unique_ptr<Transaction>> BeginAt(const PointInTime& point) = 0;

  // The table that `matches`, or else the last one that did before it was dropped or renamed, for
  // which all commits of the catalog are read; null when there was none.
  virtual Result<CatalogObjectPointer> FindTableEver(
      const std::function<bool(const CatalogObject&)>& matches) = 0;

  // The commits of a table up to `last` in ascending order, those a reader can still travel to.
  virtual Result<std::vector<CommitSummary>> History(std::string_view table_uuid,
                                                     const PointInTime& last = {}) = 0;

  // The snapshot at `sequence` of a table's log, whether or not the table still has a name.
  virtual Result<SnapshotPointer> TableAt(std::string_view table_uuid, Sequence sequence) = 0;

  // Makes `oldest` the oldest state of a table that can be travelled to. Its lines stay, what they
  // need may be deleted afterwards. Does nothing when an older one is gone already. Errors:
  // kNotFound; kPermissionDenied; the store's.
  virtual Result<void> KeepFrom(std::string_view table_uuid, Sequence oldest) = 0;

  // What the transactions of all processes may still need. Error: kPermissionDenied where that
  // cannot be known.
  virtual Result<OldestRunning> Running() = 0;

  // The path or URL under which DuckDB reads and writes an object. Error: kUnsupported.
  virtual Result<std::string> ExternalPath(const ObjectKey& key) = 0;

  virtual ObjectStore& store() = 0;
  virtual const std::string& location() const = 0;
  virtual bool read_only() const = 0;
};

}  // namespace icefall
