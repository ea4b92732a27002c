// Answers of statements on disk, shared by the processes of a machine; see
// docs/format/result-cache.md.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accel/mapped_file.h"
#include "store/object_store.h"
#include "table/ids.h"

namespace icefall {

// What an answer was computed from: names, and the rows of every table that was read.
struct ReadState {
  struct Table {
    std::string uuid;
    Sequence sequence;
    bool operator==(const Table&) const = default;
  };
  Sequence catalog;
  std::vector<Table> tables;

  bool operator==(const ReadState&) const = default;
};

// The text of one statement, and whatever else decides what it means: settings, the schema.
struct ResultKey {
  std::string statement;
  std::string context;

  bool operator==(const ResultKey&) const = default;
};

struct StoredResult {
  ReadState state;
  MappedFilePointer file;
  // Of the file: Arrow IPC, the stream format.
  std::string_view rows;
  std::string path;
};

// Derived files: any of them may vanish or be damaged at any time, which is the same as not being
// there. Thread-safe; other processes may use the same folder.
class ResultFiles {
 public:
  // Where the store has no paths, nothing is kept.
  explicit ResultFiles(ObjectStore& store);

  bool enabled() const { return !folder_.empty(); }

  // Absent unless there is a whole file for exactly this key. Marks it as used.
  std::optional<StoredResult> Load(const ResultKey& key) const;

  // Replaces what there was for the key, and first removes what was used least recently until all
  // files together take at most `budget_bytes`, so far as this process knows: what others write
  // shows after it has written an eighth of the budget itself. Answers false when nothing was
  // written.
  bool Save(const ResultKey& key, const ReadState& state, std::string_view rows,
            uint64_t budget_bytes) const;

  void Remove(const ResultKey& key) const;
  void RemoveAll() const;

  struct Usage {
    uint64_t files = 0;
    uint64_t bytes = 0;
  };
  Usage usage() const;

 private:
  std::string PathOf(const ResultKey& key) const;
  void MakeRoom(uint64_t size_bytes, uint64_t budget_bytes) const;

  std::string folder_;  // empty: disabled
  // To list the folder for each file would cost more with each file.
  mutable std::mutex mutex_;
  mutable std::optional<uint64_t> known_bytes_;  // of all files, when they were listed, and since
  mutable uint64_t unlisted_bytes_ = 0;          // of which this process wrote since
};

}  // namespace icefall
