// Where deletion vectors are stored: small ones inside commit lines and manifests, larger ones in
// files of their own beside the table's data.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "format/deletion_vector.h"
#include "log/icefall/json.h"
#include "store/object_store.h"
#include "table/ids.h"

namespace icefall {

// A vector whose blob is at least this long goes to a file: a commit line stays one small append.
inline constexpr size_t kInlineVectorBytesMax = 4096;

// Encodes and decodes references to deletion vectors of one table. Thread-safe. Lends the store.
class DeletionFiles {
 public:
  DeletionFiles(ObjectStore& store, Clock& clock, std::string directory)
      : store_(store), clock_(clock), directory_(std::move(directory)) {}

  // {"cardinality": n, "vector": base64} or {"cardinality": n, "file": path, "size_bytes": n}. A
  // large vector is written before the call returns, once per vector: another call with the same
  // object answers the same file. Members are added to `json`. Errors: the store's.
  Result<Json> Encode(const std::shared_ptr<const DeletionVector>& vector, Json json = NewObject());

  // `position_limit`: the row count of the fragment. Reads a file where the reference names one.
  std::shared_ptr<const DeletionVector> Decode(const Json& json, std::string_view where,
                                               uint64_t position_limit, DecodeStatus& status);

 private:
  struct Stored {
    std::weak_ptr<const DeletionVector> vector;
    std::string path;
    uint64_t size_bytes = 0;
  };
  void Remember(const std::shared_ptr<const DeletionVector>& vector, std::string path,
                uint64_t size_bytes);

  ObjectStore& store_;
  Clock& clock_;
  const std::string directory_;
  std::mutex mutex_;
  // By address: a dead weak pointer marks an address that may have been used again.
  std::map<const DeletionVector*, Stored> stored_;  // guarded by mutex_
};

}  // namespace icefall
