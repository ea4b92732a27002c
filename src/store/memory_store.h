// Objects in this process's memory: for tests, and for databases that need not outlive it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/object_store.h"

namespace icefall {

// Every call takes effect at one instant. Nothing is durable, and no other library reaches the
// objects by path. Unlike stores with folders it takes "a" and "a/b" at the same time.
class MemoryStore : public ObjectStore {
 public:
  // `clock` dates the objects and must outlive the store.
  explicit MemoryStore(Clock& clock = SystemClock()) : clock_(clock) {}

  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override;
  Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) override;
  Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) override;
  Result<ObjectInfo> Stat(const ObjectKey& key) override;
  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override;
  Result<void> Delete(const ObjectKey& key) override;
  Result<std::unique_ptr<ObjectAppender>> OpenAppender(const ObjectKey& key) override;
  Result<void> Persist(const std::vector<ObjectKey>& keys) override;
  Result<std::string> ExternalPath(const ObjectKey& key) override;
  Result<uint64_t> RemoveAbandoned(TimestampMicros started_before) override;
  Capabilities capabilities() const override { return {.append = true, .external_path = false}; }
  std::string name() const override { return "memory"; }

 private:
  class Appender;
  struct Object {
    std::string bytes;
    uint64_t version = 0;
    TimestampMicros modified_at = 0;
  };

  // The calls below are made with mutex_ held.
  Result<std::shared_ptr<Object>> Find(const ObjectKey& key) const;
  void Touch(Object& object);
  static ObjectInfo InfoOf(const ObjectKey& key, const Object& object);

  Clock& clock_;
  mutable std::mutex mutex_;
  // Shared with appenders, which go on writing to an object that was replaced or deleted, as an
  // open file does.
  std::map<ObjectKey, std::shared_ptr<Object>> objects_;
  uint64_t version_last_ = 0;
};

}  // namespace icefall
