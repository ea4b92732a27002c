// What a table's history and a table's state consist of.
#pragma once

#include <cstdint>
#include <string>

namespace icefalldb {

// One commit of a table.
struct SnapshotInfo {
  uint64_t sequence = 0;           // in the table's log; 1 is the first
  uint64_t database_sequence = 0;  // among all commits of the database
  int64_t committed_at_us = 0;     // microseconds since 1970-01-01T00:00:00Z
  std::string operation;           // "create", "insert", "delete", "update", "merge", …
  uint64_t rows = 0;               // live ones, after the commit
  uint64_t fragments = 0;          // data files, and one more when rows are kept in the log
  std::string parent_hash;         // SHA-256, hexadecimal; "" for the first commit
};

// One data file of the current state.
struct FragmentInfo {
  std::string path;           // relative to the table's directory
  uint64_t rows = 0;          // in the file
  uint64_t deleted_rows = 0;  // of those
  uint64_t size_bytes = 0;
};

}  // namespace icefalldb
