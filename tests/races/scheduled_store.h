// A store in memory of which every call is a point where others may go on.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/memory_store.h"
#include "tests/races/scheduler.h"

namespace icefall {

// Data files are objects like all others: their "external path" is their key.
class ScheduledStore : public ObjectStore {
 public:
  // `can_append`: without, it is one of those where every commit is an object of its own.
  ScheduledStore(Clock& clock, bool can_append) : base_(clock), can_append_(can_append) {}

  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override {
    Yield();
    return base_.Put(key, bytes, condition);
  }
  Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) override {
    Yield();
    return base_.Read(key, offset, size_bytes);
  }
  Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) override {
    Yield();
    return base_.ReadToEnd(key, offset);
  }
  Result<ObjectInfo> Stat(const ObjectKey& key) override {
    Yield();
    return base_.Stat(key);
  }
  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override {
    Yield();
    return base_.List(request);
  }
  Result<void> Delete(const ObjectKey& key) override {
    Yield();
    return base_.Delete(key);
  }
  Result<std::unique_ptr<ObjectAppender>> OpenAppender(const ObjectKey& key) override {
    Yield();
    if (!can_append_) return Fail(ErrorCode::kUnsupported, "objects cannot grow here");
    ICEFALL_ASSIGN_OR_RETURN(auto appender, base_.OpenAppender(key));
    return std::make_unique<Appender>(std::move(appender));
  }
  Result<void> Persist(const std::vector<ObjectKey>& keys) override {
    Yield();
    return base_.Persist(keys);
  }
  Result<std::string> ExternalPath(const ObjectKey& key) override { return key; }
  Result<uint64_t> RemoveAbandoned(TimestampMicros started_before) override {
    Yield();
    return base_.RemoveAbandoned(started_before);
  }
  // No other process comes here, so neither the lock nor the running transactions need files.
  Capabilities capabilities() const override {
    return {.append = can_append_, .external_path = false};
  }
  std::string name() const override { return base_.name(); }

 private:
  class Appender : public ObjectAppender {
   public:
    explicit Appender(std::unique_ptr<ObjectAppender> base) : base_(std::move(base)) {}
    Result<void> Append(std::string_view bytes) override {
      Yield();
      return base_->Append(bytes);
    }
    Result<void> Sync() override {
      Yield();
      return base_->Sync();
    }
    Result<uint64_t> SizeBytes() override {
      Yield();
      return base_->SizeBytes();
    }
    Result<void> Truncate(uint64_t size_bytes) override {
      Yield();
      return base_->Truncate(size_bytes);
    }
    Result<void> Rewrite(uint64_t offset) override {
      Yield();
      return base_->Rewrite(offset);
    }

   private:
    const std::unique_ptr<ObjectAppender> base_;
  };

  static void Yield() {
    if (Scheduler::InTask()) Scheduler::Current()->Yield();
  }

  MemoryStore base_;
  const bool can_append_;
};

}  // namespace icefall
