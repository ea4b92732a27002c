// Objects in a bucket of Amazon S3, or of a server that speaks its protocol and honours
// If-None-Match and If-Match on writes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/object_store.h"
#include "store/s3/s3_client.h"
#include "store/s3/s3_upload.h"

namespace icefall {

// The version of an object is its ETag, so one that comes back to earlier bytes has its earlier
// version again. An object larger than a part of kParts is written in parts and read in parallel. A
// conditional write whose answer was lost is settled by a mark that it left on the object. Nothing
// can be appended, and DuckDB does not reach the objects by path. Keys are UTF-8 without control
// characters; others are refused with kInvalidArgument.
class S3Store : public ObjectStore {
 public:
  static constexpr S3PartPolicy kParts = {};

  // Opens the bucket. Errors: those of S3Location::Parse; kNotFound for an absent bucket;
  // kPermissionDenied; kUnavailable.
  static Result<std::unique_ptr<ObjectStore>> Open(std::string_view rest);
  explicit S3Store(std::unique_ptr<S3Client> client);

  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override;
  Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) override;
  Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) override;
  Result<ObjectInfo> Stat(const ObjectKey& key) override;
  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override;
  Result<void> Delete(const ObjectKey& key) override;
  Result<void> DeleteMany(const std::vector<ObjectKey>& keys) override;
  Result<std::unique_ptr<ObjectAppender>> OpenAppender(const ObjectKey& key) override;
  Result<std::unique_ptr<ObjectWriter>> OpenWriter(const ObjectKey& key) override;
  Result<void> Persist(const std::vector<ObjectKey>& keys) override;
  Result<std::string> ExternalPath(const ObjectKey& key) override;
  Result<uint64_t> RemoveAbandoned(TimestampMicros started_before) override;
  Capabilities capabilities() const override { return {}; }
  std::string name() const override;
  std::optional<RequestCounts> requests() const override { return client_->requests(); }

  const S3Client& client() const { return *client_; }

 private:
  // As DeleteMany, of no more than a request may name.
  Result<void> DeleteBatch(const std::vector<std::string>& full_keys);
  Result<void> DeleteFull(const std::string& full_key);

  struct Range {
    std::string bytes;
    uint64_t object_size_bytes = 0;
    ObjectVersion version;
  };
  // The key in the bucket.
  std::string FullKey(std::string_view key) const;
  std::string Describe(const ObjectKey& key) const;
  // At least one byte from `offset`; kNotFound, kOutOfRange, or kConflict when the object is no
  // longer `version`, where that is given.
  Result<Range> ReadRange(const ObjectKey& key, uint64_t offset, uint64_t size_bytes,
                          const ObjectVersion& version);
  // Fills `bytes` from `begin` on with the object's bytes from `offset` + `begin` on.
  Result<void> ReadParts(const ObjectKey& key, uint64_t offset, const ObjectVersion& version,
                         uint64_t begin, std::string& bytes);

  std::unique_ptr<S3Client> client_;
};

}  // namespace icefall
