// Objects by key: the only way the engine touches stored bytes, besides DuckDB's reading and
// writing of data files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace icefall {

// A relative path of one or more non-empty segments joined by '/': no leading or trailing '/', no
// segment that starts with '.' (stores keep unfinished writes under such names), no NUL byte, at
// most 255 bytes a segment and 1024 in all. Every store refuses other keys with kInvalidArgument.
// A key must not be a folder of another one, as "a" is of "a/b": stores with folders refuse it.
using ObjectKey = std::string;

// kOk, or kInvalidArgument naming the key and the rule that it breaks.
Result<void> ValidateKey(std::string_view key);

// Identifies one stored state of an object: an etag, or inode, size and modification time.
// Equal versions mean equal bytes. Opaque; only equality is defined.
using ObjectVersion = std::string;

struct ObjectInfo {
  ObjectKey key;
  uint64_t size_bytes = 0;
  ObjectVersion version;
  TimestampMicros modified_at = 0;
};

// Requests that a store sent over a network, repeated ones included.
struct RequestCounts {
  uint64_t reads = 0;
  uint64_t lists = 0;
  uint64_t writes = 0;  // deletions, too

  RequestCounts operator-(const RequestCounts& before) const {
    return {reads - before.reads, lists - before.lists, writes - before.writes};
  }
};

// What must hold for a Put to take effect.
struct PutCondition {
  enum class Kind { kNone, kAbsent, kMatches };
  Kind kind = Kind::kNone;
  ObjectVersion version;  // for kMatches only

  static PutCondition Always() { return {}; }
  static PutCondition IfAbsent() { return {Kind::kAbsent, {}}; }
  static PutCondition IfMatches(ObjectVersion v) { return {Kind::kMatches, std::move(v)}; }
};

struct ListRequest {
  // Only keys that start with this text; need not end at a '/'. May be empty: every key.
  std::string prefix;
  // Only keys strictly greater than this one (byte order).
  std::string start_after;
  // At most this many keys are answered.
  uint64_t limit = UINT64_MAX;
  // Without: every key at any depth. With: only keys directly under the last '/' of `prefix`;
  // deeper ones are left out.
  bool shallow = false;
};

// Appends to one object that this process alone may extend while it holds the coordinator's lock.
// Not thread-safe.
class ObjectAppender {
 public:
  virtual ~ObjectAppender() = default;
  // Adds bytes at the end; they may be lost, whole or in part, until Sync returns. Error: any store
  // error; the end of the object is then unknown and the appender must be dropped.
  virtual Result<void> Append(std::string_view bytes) = 0;
  // Makes everything appended durable (one fdatasync). Error: kOutcomeUnknown.
  virtual Result<void> Sync() = 0;
  // Bytes in the object, what was appended included.
  virtual Result<uint64_t> SizeBytes() = 0;
  // Cuts the object to `size_bytes` (a torn tail) and makes that durable.
  virtual Result<void> Truncate(uint64_t size_bytes) = 0;
  // Writes what stands from `offset` to the end once more, in place, and makes it durable: after a
  // failed sync the kernel takes pages for clean that never reached the disk. Whatever stops it,
  // the bytes stay readable. Errors: kOutOfRange when offset is past the end; kOutcomeUnknown.
  virtual Result<void> Rewrite(uint64_t offset) = 0;
};

// Writes one new object from its beginning to its end. Dropped without Finish it leaves nothing
// that a List shows. Not thread-safe.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  // Error: any store error; the writer must be dropped then.
  virtual Result<void> Write(std::string_view bytes) = 0;
  // The object is there, whole and durable, on return. Errors: those of a Put if it is absent.
  virtual Result<ObjectVersion> Finish() = 0;
};

// Safe for concurrent calls. Must outlive every appender and writer it returned.
// Common errors of every call: kInvalidArgument for a bad key, kPermissionDenied,
// kResourceExhausted, kUnavailable.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Stores `bytes` at `key`, whole or not at all and durable on return, if `condition` holds.
  // Errors: kAlreadyExists or kConflict when it does not hold (kAbsent, kMatches);
  // kOutcomeUnknown when the write may or may not have happened.
  virtual Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                                    const PutCondition& condition) = 0;

  // Reads [offset, offset + size_bytes). Errors: kNotFound; kOutOfRange when that is past the end.
  virtual Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) = 0;

  // Reads from offset to the end, which may be empty. Errors: kNotFound; kOutOfRange when offset
  // is past the end.
  virtual Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) = 0;

  // Error: kNotFound.
  virtual Result<ObjectInfo> Stat(const ObjectKey& key) = 0;

  // Keys in ascending byte order. A prefix that nothing has gives an empty list.
  virtual Result<std::vector<ObjectInfo>> List(const ListRequest& request) = 0;

  // Removes the object. Absent is success: deleting twice is the same as once. Not made durable:
  // the object may come back when the machine stops soon after.
  virtual Result<void> Delete(const ObjectKey& key) = 0;

  // As Delete for each, in any order; a store that can removes many with one request. After an
  // error any of them may be gone.
  virtual Result<void> DeleteMany(const std::vector<ObjectKey>& keys) {
    for (const ObjectKey& key : keys) ICEFALL_RETURN_IF_ERROR(Delete(key));
    return {};
  }

  // Opens `key` for appending, creating it (durably) when absent. Error: kUnsupported when the
  // store has no append, see capabilities.
  virtual Result<std::unique_ptr<ObjectAppender>> OpenAppender(const ObjectKey& key) = 0;

  // Writes a new object of any size; a store that can holds no more than parts of it in memory.
  // This one holds all of it, and puts it.
  virtual Result<std::unique_ptr<ObjectWriter>> OpenWriter(const ObjectKey& key);

  // Makes objects that another library wrote by path durable, names included. Error: kNotFound,
  // or why the bytes could not be made durable.
  virtual Result<void> Persist(const std::vector<ObjectKey>& keys) = 0;

  // The path or URL under which DuckDB reads and writes the object; makes parent folders exist
  // when the store has folders. Error: kUnsupported when no other library can reach it.
  virtual Result<std::string> ExternalPath(const ObjectKey& key) = 0;

  // Removes what Puts that were stopped before `started_before` left behind and no List shows;
  // answers how many such leftovers. Must not be later than the start of any running Put.
  virtual Result<uint64_t> RemoveAbandoned(TimestampMicros started_before) = 0;

  struct Capabilities {
    bool append = false;         // OpenAppender works
    bool external_path = false;  // ExternalPath works
  };
  virtual Capabilities capabilities() const = 0;

  // Since the store was opened; absent where calls are no requests.
  virtual std::optional<RequestCounts> requests() const { return std::nullopt; }

  // A name for messages: "local:/data/mydb", "memory".
  virtual std::string name() const = 0;
};

}  // namespace icefall
