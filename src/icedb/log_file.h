// A log file of an icedb table: lines of JSON in the order meta, schema, log tombstones, data
// files, with no newline behind the last one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace icefall::icedb {

// Name and DuckDB type of a column, in the order in which they were first seen.
using Columns = std::vector<std::pair<std::string, std::string>>;

struct FileMarker {
  std::string path;  // key in the bucket, the table's prefix included
  int64_t created_ms = 0;
  uint64_t size_bytes = 0;
  std::optional<int64_t> tombstone_ms;  // when the file died; absent: it is alive
  bool is_alive() const { return !tombstone_ms.has_value(); }
  friend bool operator==(const FileMarker&, const FileMarker&) = default;
};

// Says that a log file was superseded, and when first.
struct LogTombstone {
  std::string path;
  int64_t ms = 0;
  friend bool operator==(const LogTombstone&, const LogTombstone&) = default;
};

struct LogFile {
  int64_t version = 1;
  int64_t ms = 0;
  Columns schema;
  std::vector<LogTombstone> tombstones;
  std::vector<FileMarker> files;
  // Of the tombstones, so many from the first name logs all of whose files this log names too, so
  // that a reader of this one need not read them. The original writes no such number, and skips it.
  uint64_t carried_count = 0;
  // Makes the bytes of each log file unlike those of every other one; may be empty.
  std::string id;
  friend bool operator==(const LogFile&, const LogFile&) = default;
};

// Error: kInvalidArgument for a name or path that is not UTF-8.
Result<std::string> EncodeLogFile(const LogFile& log);

// Unknown members are skipped, as is a newline at the end. Error: kCorruption naming `name`, the
// line and what is wrong with it.
Result<LogFile> DecodeLogFile(std::string_view bytes, std::string_view name);

}  // namespace icefall::icedb
