// Which files the log of a table names, found in its text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/object_store.h"
#include "table/ids.h"

namespace icefall {

// The uuid that names a data file or a deletion file.
using FileUuid = std::array<uint8_t, 16>;

// Of a key or path that ends in "<uuid>.parquet" or "<uuid>.dv", or in such a name and ".idx",
// which is derived from that file; absent for any other.
std::optional<FileUuid> UuidOfFile(std::string_view path);
// When a uuid of version 7 was made, to the millisecond.
TimestampMicros CreatedAt(const FileUuid& uuid);

// A sorted set.
class FileUuids {
 public:
  void Add(const FileUuid& uuid) { uuids_.push_back(uuid); }
  // Every file named in `text`, however the text around it is written.
  void AddNamedIn(std::string_view text);
  // Before Contains.
  void Sort();
  bool Contains(const FileUuid& uuid) const;

 private:
  std::vector<FileUuid> uuids_;
};

struct NamedFiles {
  FileUuids needed;  // by the state at `oldest`, or a commit after it
  FileUuids former;  // by a commit up to `oldest`
};

// Reads the lines of a table's log and its manifests from `oldest` on; there must be one of
// `oldest`, or else `needed` lacks the files of that state. A segment in memory at a time. Errors:
// the store's.
Result<NamedFiles> FindNamedFiles(ObjectStore& store, const std::string& directory,
                                  Sequence oldest);

}  // namespace icefall
