// One file of states: docs/format/state-file.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/accel/state_rows.h"

namespace icefall {

// What the states of one unit hold for.
struct StateAddress {
  std::string key;  // see PartialStates
  std::shared_ptr<const StateShape> shape;
  uint64_t unit = 0;
  DeletedRows deleted;
};

// With the states as bytes.
struct StateRecord {
  StateAddress address;
  uint64_t row_count = 0;  // of the states
  std::string bytes;
};

// Absent for values that DuckDB cannot write down.
std::optional<std::string> EncodeStates(const StateRows& rows);
// Null unless these are what EncodeStates made of so many rows.
std::shared_ptr<StateRows> DecodeStates(std::string_view bytes, uint64_t row_count);

// A whole file.
std::string EncodeStateFile(const std::vector<StateRecord>& records);

// What is in a file; the states stay there. Immutable.
class StateFile {
 public:
  struct Entry {
    StateAddress address;
    uint64_t row_count = 0;
    uint64_t offset = 0;
    uint64_t size_bytes = 0;
    std::string checksum;
  };

  // Null unless the file's end is what EncodeStateFile wrote.
  static std::shared_ptr<const StateFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<Entry>& entries() const { return entries_; }
  uint64_t size_bytes() const { return size_bytes_; }
  // Absent when the file is gone, or is not as it was written.
  std::optional<std::string> Read(const Entry& entry) const;

 private:
  std::string path_;
  uint64_t size_bytes_ = 0;
  std::vector<Entry> entries_;
};

// Reads a file, of the states of units the checksums if `reads_all`: what about it is not as it was
// written, so that readers pass over it or a part of it. Absent: nothing, or there is no such file.
std::optional<std::string> FindStatesDamage(const std::string& path, bool reads_all);

}  // namespace icefall
