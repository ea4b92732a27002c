// A store that remembers what was written and when it became durable, so that a test can rebuild
// what a power cut would have left.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "store/forwarding_store.h"

namespace icefall {

// What docs/faults.md says of each call: a put, a truncation and a persisted file are durable, and
// whole or not there; appended bytes are not durable until the sync behind them, a deletion never
// is.
struct StoreEvent {
  enum class Kind { kPut, kCreate, kAppend, kSync, kTruncate, kDelete, kPersist };
  Kind kind;
  ObjectKey key;
  std::string bytes;        // kPut, kAppend, kPersist
  uint64_t size_bytes = 0;  // kTruncate
};

// Thread-safe. `base` must outlive the store, and the store its appenders.
class RecordingStore : public ForwardingStore {
 public:
  explicit RecordingStore(ObjectStore& base) : ForwardingStore(base), base_(base) {}

  std::vector<StoreEvent> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  void Clear() {
    const std::lock_guard lock(mutex_);
    events_.clear();
  }

  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override {
    auto done = base_.Put(key, bytes, condition);
    if (done) Add({StoreEvent::Kind::kPut, key, std::string(bytes)});
    return done;
  }
  Result<void> Delete(const ObjectKey& key) override {
    auto done = base_.Delete(key);
    if (done) Add({StoreEvent::Kind::kDelete, key, {}});
    return done;
  }
  Result<std::unique_ptr<ObjectAppender>> OpenAppender(const ObjectKey& key) override {
    ICEFALL_ASSIGN_OR_RETURN(auto base, base_.OpenAppender(key));
    Add({StoreEvent::Kind::kCreate, key, {}});
    return std::make_unique<Appender>(*this, key, std::move(base));
  }
  Result<void> Persist(const std::vector<ObjectKey>& keys) override {
    ICEFALL_RETURN_IF_ERROR(base_.Persist(keys));
    for (const ObjectKey& key : keys) {
      ICEFALL_ASSIGN_OR_RETURN(std::string bytes, base_.ReadToEnd(key, 0));
      Add({StoreEvent::Kind::kPersist, key, std::move(bytes)});
    }
    return {};
  }
  // By puts, which are recorded.
  Result<std::unique_ptr<ObjectWriter>> OpenWriter(const ObjectKey& key) override {
    return ObjectStore::OpenWriter(key);
  }

 private:
  class Appender : public ObjectAppender {
   public:
    Appender(RecordingStore& store, ObjectKey key, std::unique_ptr<ObjectAppender> base)
        : store_(store), key_(std::move(key)), base_(std::move(base)) {}
    Result<void> Append(std::string_view bytes) override {
      auto done = base_->Append(bytes);
      if (done) store_.Add({StoreEvent::Kind::kAppend, key_, std::string(bytes)});
      return done;
    }
    Result<void> Sync() override {
      auto done = base_->Sync();
      if (done) store_.Add({StoreEvent::Kind::kSync, key_, {}});
      return done;
    }
    Result<uint64_t> SizeBytes() override { return base_->SizeBytes(); }
    Result<void> Truncate(uint64_t size_bytes) override {
      auto done = base_->Truncate(size_bytes);
      if (done) store_.Add({StoreEvent::Kind::kTruncate, key_, {}, size_bytes});
      return done;
    }
    Result<void> Rewrite(uint64_t offset) override {
      auto done = base_->Rewrite(offset);
      if (done) store_.Add({StoreEvent::Kind::kSync, key_, {}});
      return done;
    }

   private:
    RecordingStore& store_;
    const ObjectKey key_;
    const std::unique_ptr<ObjectAppender> base_;
  };

  void Add(StoreEvent event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }

  ObjectStore& base_;
  mutable std::mutex mutex_;
  std::vector<StoreEvent> events_;  // guarded by mutex_
};

}  // namespace icefall
