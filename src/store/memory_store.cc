#include "store/memory_store.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace icefall {

class MemoryStore::Appender : public ObjectAppender {
 public:
  Appender(MemoryStore& store, ObjectKey key, std::shared_ptr<Object> object)
      : store_(store), key_(std::move(key)), object_(std::move(object)) {}

  Result<void> Append(std::string_view bytes) override {
    const std::lock_guard lock(store_.mutex_);
    object_->bytes += bytes;
    store_.Touch(*object_);
    return {};
  }

  Result<void> Sync() override { return {}; }

  Result<uint64_t> SizeBytes() override {
    const std::lock_guard lock(store_.mutex_);
    return object_->bytes.size();
  }

  Result<void> Truncate(uint64_t size_bytes) override {
    const std::lock_guard lock(store_.mutex_);
    if (size_bytes > object_->bytes.size()) {
      return Fail(ErrorCode::kOutOfRange, fmt::format("memory:{}: cannot cut to {} bytes, found {}",
                                                      key_, size_bytes, object_->bytes.size()));
    }
    object_->bytes.resize(size_bytes);
    store_.Touch(*object_);
    return {};
  }

  Result<void> Rewrite(uint64_t offset) override {
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t size_bytes, SizeBytes());
    if (offset <= size_bytes) return {};
    return Fail(ErrorCode::kOutOfRange,
                fmt::format("memory:{}: cannot write again from byte {}, found {}", key_, offset,
                            size_bytes));
  }

 private:
  MemoryStore& store_;
  const ObjectKey key_;
  const std::shared_ptr<Object> object_;
};

Result<std::shared_ptr<MemoryStore::Object>> MemoryStore::Find(const ObjectKey& key) const {
  const auto found = objects_.find(key);
  if (found != objects_.end()) return found->second;
  return Fail(ErrorCode::kNotFound, fmt::format("memory:{}: no such object", key));
}

void MemoryStore::Touch(Object& object) {
  object.version = ++version_last_;
  object.modified_at = clock_.NowMicros();
}

ObjectInfo MemoryStore::InfoOf(const ObjectKey& key, const Object& object) {
  return {.key = key,
          .size_bytes = object.bytes.size(),
          .version = std::to_string(object.version),
          .modified_at = object.modified_at};
}

Result<ObjectVersion> MemoryStore::Put(const ObjectKey& key, std::string_view bytes,
                                       const PutCondition& condition) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  const auto existing = objects_.find(key);
  const bool exists = existing != objects_.end();
  if (condition.kind == PutCondition::Kind::kAbsent && exists) {
    return Fail(ErrorCode::kAlreadyExists,
                fmt::format("memory:{}: expected no object, found version {}", key,
                            existing->second->version));
  }
  if (condition.kind == PutCondition::Kind::kMatches) {
    const std::string found = exists ? std::to_string(existing->second->version) : "";
    if (!exists || found != condition.version) {
      return Fail(ErrorCode::kConflict, fmt::format("memory:{}: expected version {}, found {}", key,
                                                    condition.version, exists ? found : "nothing"));
    }
  }
  auto object = std::make_shared<Object>();
  object->bytes = bytes;
  Touch(*object);
  ObjectVersion version = std::to_string(object->version);
  objects_[key] = std::move(object);
  return version;
}

Result<std::string> MemoryStore::Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  ICEFALL_ASSIGN_OR_RETURN(const std::shared_ptr<Object> object, Find(key));
  const uint64_t found = object->bytes.size();
  if (offset > found || size_bytes > found - offset) {
    return Fail(ErrorCode::kOutOfRange,
                fmt::format("memory:{}: expected {} bytes at offset {}, found {} bytes in all", key,
                            size_bytes, offset, found));
  }
  return object->bytes.substr(offset, size_bytes);
}

Result<std::string> MemoryStore::ReadToEnd(const ObjectKey& key, uint64_t offset) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  ICEFALL_ASSIGN_OR_RETURN(const std::shared_ptr<Object> object, Find(key));
  if (offset > object->bytes.size()) {
    return Fail(ErrorCode::kOutOfRange,
                fmt::format("memory:{}: expected {} bytes or more, found {}", key, offset,
                            object->bytes.size()));
  }
  return object->bytes.substr(offset);
}

Result<ObjectInfo> MemoryStore::Stat(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  ICEFALL_ASSIGN_OR_RETURN(const std::shared_ptr<Object> object, Find(key));
  return InfoOf(key, *object);
}

Result<std::vector<ObjectInfo>> MemoryStore::List(const ListRequest& request) {
  const std::lock_guard lock(mutex_);
  // npos + 1 is 0: without a slash every key is below the root.
  const size_t folder_size = request.prefix.rfind('/') + 1;
  std::vector<ObjectInfo> infos;
  for (auto entry = objects_.lower_bound(std::max(request.prefix, request.start_after));
       entry != objects_.end() && infos.size() < request.limit; ++entry) {
    const auto& [key, object] = *entry;
    if (key <= request.start_after) continue;
    // Ascending keys: past the ones with the prefix there are none any more.
    if (!key.starts_with(request.prefix)) break;
    if (request.shallow && key.find('/', folder_size) != std::string::npos) continue;
    infos.push_back(InfoOf(key, *object));
  }
  return infos;
}

Result<void> MemoryStore::Delete(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  objects_.erase(key);
  return {};
}

Result<std::unique_ptr<ObjectAppender>> MemoryStore::OpenAppender(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Object>& object = objects_[key];
  if (object == nullptr) {
    object = std::make_shared<Object>();
    Touch(*object);
  }
  return std::make_unique<Appender>(*this, key, object);
}

Result<void> MemoryStore::Persist(const std::vector<ObjectKey>& keys) {
  for (const ObjectKey& key : keys) ICEFALL_RETURN_IF_ERROR(Stat(key));
  return {};
}

Result<std::string> MemoryStore::ExternalPath(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  return Fail(ErrorCode::kUnsupported,
              fmt::format("memory:{}: other libraries cannot reach objects in memory", key));
}

Result<uint64_t> MemoryStore::RemoveAbandoned(TimestampMicros) { return 0; }

}  // namespace icefall
