// Writes one object, in one request or in parts, and finds out whether it took effect.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/object_store.h"
#include "store/s3/s3_client.h"

namespace icefall {

// How an object is cut. Parts but the last must have 5 MiB or more on Amazon's servers.
struct S3PartPolicy {
  uint64_t part_size_bytes = 16 << 20;
  size_t parallel_count_max = 6;
};

// Holds at most `parallel_count_max` parts in memory, and sends them side by side when they are
// full. An object of at most one part is put at once.
class S3Upload : public ObjectWriter {
 public:
  // `full_key` is the key in the bucket. The client must outlive the upload.
  S3Upload(S3Client& client, std::string full_key, PutCondition condition,
           const S3PartPolicy& policy);
  // Tells the server to forget the parts of an object that was not finished.
  ~S3Upload() override;

  Result<void> Write(std::string_view bytes) override;
  // Errors: those of ObjectStore::Put.
  Result<ObjectVersion> Finish() override;

 private:
  S3Request Request(std::string method) const;
  void AddCondition(S3Request& request) const;
  Result<ObjectVersion> PutWhole();
  Result<ObjectVersion> Complete();
  Result<void> Begin();
  // Sends what is held as the next parts.
  Result<void> SendParts();
  void Abandon();
  // The condition did not hold; `repeated`: perhaps because an earlier attempt of ours made it so.
  Result<ObjectVersion> Refused(bool repeated);
  // The version when the object has our mark; nothing otherwise.
  Result<ObjectVersion> OursOrNothing();

  S3Client& client_;
  const std::string full_key_;
  const PutCondition condition_;
  const S3PartPolicy policy_;
  const std::string mark_;  // unique to this upload
  std::string held_;
  std::string upload_id_;           // empty: no parts were sent, or all is settled
  std::vector<std::string> etags_;  // of the parts sent
};

}  // namespace icefall
