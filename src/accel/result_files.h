// Answers of statements on disk, shared by the processes of a machine; see
// docs/format/result-cache.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accel/derived_files.h"
#include "accel/mapped_file.h"
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

// Thread-safe.
class ResultFiles {
 public:
  // Where the store has no paths, nothing is kept.
  explicit ResultFiles(ObjectStore& store);

  bool enabled() const { return files_.enabled(); }

  // Absent unless there is a whole file for exactly this key. Marks it as used.
  std::optional<StoredResult> Load(const ResultKey& key) const;

  // Replaces what there was for the key. `budget_bytes`: see DerivedFiles. Answers false when
  // nothing was written.
  bool Save(const ResultKey& key, const ReadState& state, std::string_view rows,
            uint64_t budget_bytes) const;

  void Remove(const ResultKey& key) const;
  void RemoveAll() const { files_.RemoveAll(); }
  DerivedFiles::Usage usage() const { return files_.usage(); }

 private:
  const DerivedFiles files_;
};

// Reads a file of ResultFiles whole: what about it is not as it was written, so that readers pass
// over it. Absent: nothing, or there is no such file.
std::optional<std::string> FindAnswerDamage(const std::string& path);

}  // namespace icefall
