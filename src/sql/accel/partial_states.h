// What aggregates were found to be over parts of data files, kept for queries to come.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "sql/accel/deleted_units.h"
#include "sql/accel/state_files.h"
#include "sql/accel/state_rows.h"

namespace icefall {

struct PartialStatesCounters {
  uint64_t entries = 0;  // files with one set of filters
  uint64_t units = 0;
  uint64_t blocks = 0;
  uint64_t size_bytes = 0;
  uint64_t hits = 0;    // units
  uint64_t misses = 0;  // units
  uint64_t evicted = 0;
  uint64_t deleted_bytes = 0;  // for deleted rows of data files
  StateFilesCounters files;
};

// What a query wants of one data file.
struct WantedStates {
  std::string table_uuid;
  std::string key;
  StateShape shape;
  const duckdb::vector<duckdb::LogicalType>& types;  // of the shape's columns
};

// States of a unit, kept before some of its rows were deleted.
struct EarlierStates {
  StatePart part;                 // by the same keys
  std::vector<uint64_t> removed;  // positions in the file
};

// What one state is of.
enum class StatePlace : uint8_t { kUnit, kBlock };
// A block is so many units, one after the other, or the last of a file.
inline constexpr size_t kBlockUnits = 16;

// One shape over the units or blocks of a file, some of them unknown.
struct StateFamily {
  struct Version {
    DeletedRows deleted;
    StateRowsPointer rows;  // null: unknown

    uint64_t size_bytes() const {
      return rows == nullptr ? 0 : rows->size_bytes + deleted.size_bytes();
    }
  };
  // The newest first: a transaction that deletes, or a look at the past, must not drive out what
  // all others need.
  using Versions = std::array<Version, 2>;
  StateShape shape;
  std::vector<Versions> places = {};
  bool is_in_vain = false;  // blocks have hardly fewer rows than their units
};

// Of one database. A key names a data file, which never changes, and the filters that rows passed;
// deletions are compared, so that nothing here can be out of date. Thread-safe.
class PartialStates {
 public:
  // Where the store has no paths, nothing is kept on disk.
  PartialStates(ObjectStore& store, bool read_only) : files_(store, read_only) {}

  // For each of these units of the file, from `first` on: what answers the query, with any of the
  // kept shapes. What is found on disk is kept in memory, as Put does.
  std::vector<std::optional<StatePart>> Find(const WantedStates& wanted, size_t first,
                                             std::span<const DeletedRows> units,
                                             uint64_t budget_bytes);
  struct Blocks {
    std::vector<std::optional<StatePart>> found;
    bool are_in_vain = false;  // others need not be made
  };
  // The same for all blocks of the file, in memory.
  Blocks FindBlocks(const WantedStates& wanted, std::span<const DeletedRows> blocks);
  // Of a unit that Find does not answer: what is kept in memory of it with the fewest rows more, up
  // to `removed_max`.
  std::optional<EarlierStates> FindEarlier(const WantedStates& wanted, size_t unit,
                                           const DeletedRows& deleted, uint64_t removed_max);
  // Remembers one unit or block, then drops the least recently used keys until all fit the budget.
  void Put(const std::string& key, const StateShape& shape, StatePlace place, size_t number,
           const DeletedRows& deleted, StateRowsPointer rows, uint64_t budget_bytes);
  void NoteInVain(const WantedStates& wanted);
  // Units that a query found and did not find.
  void Count(uint64_t hits, uint64_t misses);
  // Which query of this kind it is, from 1; kinds that did not come for long are forgotten.
  uint64_t CountQuery(const std::string& kind);
  void Clear();
  PartialStatesCounters counters();
  StateFiles& files() { return files_; }
  // Of data files, in an eighth of the budget at most.
  DeletedUnits::Units DeletedRowsOf(const std::string& table_uuid, const Fragment& fragment,
                                    uint64_t budget_bytes) {
    return deleted_.Of(table_uuid, fragment, budget_bytes / 8);
  }

 private:
  using Families = std::vector<StateFamily>;
  struct Entry {
    std::string key;
    std::array<Families, 2> families;  // by StatePlace, the newest last
    uint64_t size_bytes = 0;

    Families& Of(StatePlace place) { return families[static_cast<size_t>(place)]; }
  };
  using Order = std::list<Entry>;

  // Made when there is none.
  Entry& EntryLocked(const std::string& key);
  StateFamily& FamilyLocked(Entry& entry, StatePlace place, const StateShape& shape);
  // Takes it out of what is counted.
  void ForgetLocked(Entry& entry, StatePlace place, const StateFamily::Version& version);
  void EvictLocked(uint64_t budget_bytes);

  StateFiles files_;
  DeletedUnits deleted_;
  std::mutex mutex_;  // guards all below
  Order order_;       // most recently used first
  std::unordered_map<std::string, Order::iterator> by_key_;
  PartialStatesCounters counters_;
  std::unordered_map<std::string, uint64_t> queries_;  // since it was last full, by kind
};

}  // namespace icefall
