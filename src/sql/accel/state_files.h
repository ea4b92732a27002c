// States of aggregates on disk, shared by the processes of a machine; see
// docs/format/state-file.md.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "accel/derived_files.h"
#include "sql/accel/state_file.h"
#include "table/snapshot.h"

namespace icefall {

// What one query computed.
struct NewStates {
  std::vector<StateRecord> records;
  uint64_t scanned_rows = 0;  // for all of them
};

struct StateFilesCounters {
  uint64_t loaded = 0;  // units, by this process
  DerivedFiles::Usage usage;
};

// Of one database. Thread-safe.
class StateFiles {
 public:
  // Where the store has no paths, nothing is kept.
  StateFiles(ObjectStore& store, bool read_only);

  bool enabled() const { return files_.enabled(); }
  // Finds out what other processes wrote for a table; costs a microsecond when they did not.
  void Refresh(const std::string& table_uuid);

  struct Found {
    StateAddress address;
    std::shared_ptr<StateRows> rows;
  };
  // What answers `wanted` for one unit, with the fewest rows; absent when nothing does. `types`: of
  // its columns.
  std::optional<Found> Find(const std::string& table_uuid, const StateAddress& wanted,
                            const duckdb::vector<duckdb::LogicalType>& types);

  // Keeps what a query of the table at `snapshot` computed, in a file as soon as `scanned_rows_min`
  // rows have been scanned for what was not written yet.
  void Save(const Snapshot& snapshot, NewStates states, uint64_t scanned_rows_min,
            uint64_t budget_bytes);
  // Of a table's files, whoever wrote them.
  uint64_t BytesOf(const std::string& table_uuid) const;
  void Clear();
  StateFilesCounters counters();

 private:
  using FilePointer = std::shared_ptr<const StateFile>;
  struct Place {
    FilePointer file;
    const StateFile::Entry* entry;
  };
  struct Table {
    uint64_t listing = 0;                      // that `files` follows
    std::map<std::string, FilePointer> files;  // by name; null: not readable
    std::unordered_map<std::string, std::vector<Place>> by_key;
    NewStates unwritten;
  };

  void FollowLocked(Table& table, const std::string& table_uuid);
  // Adds what is in all but the largest files when there are many, and names these.
  std::vector<std::string> Gather(const Snapshot& snapshot, std::vector<StateRecord>& records);

  const DerivedFiles files_;
  const bool read_only_;
  std::mutex write_mutex_;  // one writer at a time, who holds mutex_ only to look and to add
  std::mutex mutex_;        // guards all below
  std::optional<std::filesystem::file_time_type> listed_at_;
  uint64_t listing_ = 0;  // how often the folder was listed
  std::set<std::string> names_;
  std::unordered_map<std::string, Table> tables_;
  std::set<std::string> used_;  // paths of files
  uint64_t loaded_ = 0;
};

}  // namespace icefall
