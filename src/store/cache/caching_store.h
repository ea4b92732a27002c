// A store of which immutable objects are kept on a local disk.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/cache/range_cache.h"
#include "store/forwarding_store.h"

namespace icefall {

// "…/<uuid>.parquet" and "…/<uuid>.dv": such a name is given once, and its object never changes.
bool IsImmutableKey(std::string_view key);

// Reads of immutable objects are answered from the cache where the same bytes were read before, and
// kept otherwise; everything else, and every error, is the base store's. An object that was deleted
// may still be read: nobody asks for one that no snapshot has. Thread-safe.
class CachingStore : public ForwardingStore {
 public:
  // `identity`: what tells this base store's objects from those of all others.
  CachingStore(std::unique_ptr<ObjectStore> base, std::unique_ptr<RangeCache> cache,
               std::string identity);

  Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) override;
  Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) override;
  Result<ObjectInfo> Stat(const ObjectKey& key) override;
  Result<void> DeleteMany(const std::vector<ObjectKey>& keys) override {
    return base_->DeleteMany(keys);
  }

 private:
  template <typename ReadBase>
  Result<std::string> Cached(const ObjectKey& key, std::string_view what, ReadBase read_base);

  const std::unique_ptr<ObjectStore> base_;
  const std::unique_ptr<RangeCache> cache_;
  const std::string identity_;
};

}  // namespace icefall
