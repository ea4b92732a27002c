#include "store/object_hash.h"

#include <algorithm>

#include "base/hash.h"

namespace icefall {

Result<std::string> ObjectSha256(ObjectStore& store, const ObjectKey& key) {
  constexpr uint64_t kPieceSizeBytes = 4 * 1024 * 1024;
  ICEFALL_ASSIGN_OR_RETURN(const ObjectInfo info, store.Stat(key));
  Sha256 hash;
  for (uint64_t offset = 0; offset < info.size_bytes; offset += kPieceSizeBytes) {
    const uint64_t size_bytes = std::min(kPieceSizeBytes, info.size_bytes - offset);
    ICEFALL_ASSIGN_OR_RETURN(const std::string piece, store.Read(key, offset, size_bytes));
    hash.Add(piece);
  }
  return hash.FinishHex();
}

}  // namespace icefall
