// What stores in front of another one have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/object_store.h"

namespace icefall {

// Every call is the base store's; a store that does something about some of them overrides these.
// `base` must outlive the store. As thread-safe as the base.
class ForwardingStore : public ObjectStore {
 public:
  explicit ForwardingStore(ObjectStore& base) : forwarded_to_(base) {}

  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override {
    return forwarded_to_.Put(key, bytes, condition);
  }
  Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) override {
    return forwarded_to_.Read(key, offset, size_bytes);
  }
  Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) override {
    return forwarded_to_.ReadToEnd(key, offset);
  }
  Result<ObjectInfo> Stat(const ObjectKey& key) override { return forwarded_to_.Stat(key); }
  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override {
    return forwarded_to_.List(request);
  }
  Result<void> Delete(const ObjectKey& key) override { return forwarded_to_.Delete(key); }
  Result<std::unique_ptr<ObjectAppender>> OpenAppender(const ObjectKey& key) override {
    return forwarded_to_.OpenAppender(key);
  }
  Result<std::unique_ptr<ObjectWriter>> OpenWriter(const ObjectKey& key) override {
    return forwarded_to_.OpenWriter(key);
  }
  Result<void> Persist(const std::vector<ObjectKey>& keys) override {
    return forwarded_to_.Persist(keys);
  }
  Result<std::string> ExternalPath(const ObjectKey& key) override {
    return forwarded_to_.ExternalPath(key);
  }
  Result<uint64_t> RemoveAbandoned(TimestampMicros started_before) override {
    return forwarded_to_.RemoveAbandoned(started_before);
  }
  Capabilities capabilities() const override { return forwarded_to_.capabilities(); }
  std::string name() const override { return forwarded_to_.name(); }
  std::optional<RequestCounts> requests() const override { return forwarded_to_.requests(); }

 private:
  ObjectStore& forwarded_to_;
};

}  // namespace icefall
