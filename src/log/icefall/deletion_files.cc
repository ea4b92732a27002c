#include "log/icefall/deletion_files.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/uuid.h"
#include "log/icefall/file_names.h"

namespace icefall {

void DeletionFiles::Remember(const std::shared_ptr<const DeletionVector>& vector, std::string path,
                             uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  std::erase_if(stored_, [](const auto& item) { return item.second.vector.expired(); });
  stored_[vector.get()] = {vector, std::move(path), size_bytes};
}

Result<Json> DeletionFiles::Encode(const std::shared_ptr<const DeletionVector>& vector, Json json) {
  json["cardinality"] = vector->cardinality();
  {
    const std::lock_guard lock(mutex_);
    const auto found = stored_.find(vector.get());
    if (found != stored_.end() && !found->second.vector.expired()) {
      json["file"] = found->second.path;
      json["size_bytes"] = found->second.size_bytes;
      return json;
    }
  }
  const std::string blob = vector->Serialize();
  if (blob.size() < kInlineVectorBytesMax) {
    json["vector"] = Base64Encode(blob);
    return json;
  }
  std::string path = DeletionFilePath(NewUuid(clock_));
  ICEFALL_ASSIGN_OR_RETURN(const ObjectKey key, KeyInDirectory(directory_, path));
  ICEFALL_RETURN_IF_ERROR(store_.Put(key, blob, PutCondition::IfAbsent()));
  json["file"] = path;
  json["size_bytes"] = blob.size();
  Remember(vector, std::move(path), blob.size());
  return json;
}

std::shared_ptr<const DeletionVector> DeletionFiles::Decode(const Json& json,
                                                            std::string_view where,
                                                            uint64_t position_limit,
                                                            DecodeStatus& status) {
  const JsonFields fields(json, where, status);
  const uint64_t cardinality = fields.Unsigned("cardinality");
  std::string blob;
  std::string path;
  if (fields.Has("file")) {
    path = fields.Text("file");
    const uint64_t size_bytes = fields.Unsigned("size_bytes");
    if (!status.ok()) return nullptr;
    auto key = KeyInDirectory(directory_, path);
    if (!key) {
      status.Fail(std::move(key).error());
      return nullptr;
    }
    auto read = store_.ReadToEnd(*key, 0);
    if (!read) {
      // A missing file is damage, other faults may pass: only the first changes its kind.
      status.Fail(read.error().code() == ErrorCode::kNotFound
                      ? Error(ErrorCode::kCorruption,
                              fmt::format("{}: deletion file '{}' is missing", where, *key))
                      : read.error());
      return nullptr;
    }
    if (read->size() != size_bytes) {
      status.Fail(where, fmt::format("deletion file '{}': expected {} bytes, found {}", *key,
                                     size_bytes, read->size()));
      return nullptr;
    }
    blob = *std::move(read);
  } else {
    auto decoded = Base64Decode(fields.Text("vector"));
    if (!decoded) {
      fields.FailAt("vector", decoded.error().message());
      return nullptr;
    }
    blob = *std::move(decoded);
  }
  if (!status.ok()) return nullptr;
  auto vector = DeletionVector::Deserialize(blob, position_limit);
  if (!vector) {
    const auto error =
        path.empty()
            ? vector.error()
            : vector.error().WithContext(fmt::format("deletion file '{}/{}'", directory_, path));
    status.Fail(error.WithContext(where));
    return nullptr;
  }
  if (vector->cardinality() != cardinality) {
    status.Fail(where, fmt::format("expected {} deleted positions, found {}", cardinality,
                                   vector->cardinality()));
    return nullptr;
  }
  auto shared = std::make_shared<const DeletionVector>(*std::move(vector));
  if (!path.empty()) Remember(shared, std::move(path), blob.size());
  return shared;
}

}  // namespace icefall
