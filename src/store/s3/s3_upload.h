// Writes one object, in one request or in parts, and finds out whether it took effect.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/object_store.h"
#include "store/s3/s3_client.h"

namespace icefall {

class S3Upload {
 public:
  // `full_key` is the key in the bucket. Everything must outlive the upload.
  S3Upload(S3Client& client, std::string full_key, std::string_view bytes,
           const PutCondition& condition);

  // As ObjectStore::Put.
  Result<ObjectVersion> Run(uint64_t part_size_bytes, size_t parallel_count_max);

 private:
  S3Request Request(std::string method) const;
  void AddCondition(S3Request& request) const;
  Result<ObjectVersion> PutWhole();
  Result<ObjectVersion> PutInParts(uint64_t part_size_bytes, size_t parallel_count_max);
  Result<std::vector<std::string>> SendParts(const std::string& upload_id, uint64_t part_size_bytes,
                                             size_t parallel_count_max);
  // The condition did not hold; `repeated`: perhaps because an earlier attempt of ours made it so.
  Result<ObjectVersion> Refused(bool repeated);
  // The version when the object has our mark; nothing otherwise.
  Result<ObjectVersion> OursOrNothing();

  S3Client& client_;
  const std::string full_key_;
  const std::string_view bytes_;
  const PutCondition& condition_;
  const std::string mark_;  // unique to this upload
};

}  // namespace icefall
