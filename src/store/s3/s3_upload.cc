#include "store/s3/s3_upload.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "store/s3/s3_answers.h"

namespace icefall {
namespace {

constexpr const char* kMark = "x-amz-meta-icefall-put";

}  // namespace

S3Upload::S3Upload(S3Client& client, std::string full_key, std::string_view bytes,
                   const PutCondition& condition)
    : client_(client),
      full_key_(std::move(full_key)),
      bytes_(bytes),
      condition_(condition),
      mark_(NewUuid(SystemClock())) {}

S3Request S3Upload::Request(std::string method) const {
  S3Request request;
  request.method = std::move(method);
  request.key = full_key_;
  return request;
}

void S3Upload::AddCondition(S3Request& request) const {
  if (condition_.kind == PutCondition::Kind::kAbsent) request.headers["if-none-match"] = "*";
  if (condition_.kind == PutCondition::Kind::kMatches) {
    request.headers["if-match"] = condition_.version;
  }
}

Result<ObjectVersion> S3Upload::OursOrNothing() {
  ICEFALL_ASSIGN_OR_RETURN(const S3Response found, client_.Send(Request("HEAD")));
  if (found.http.status == 200 && found.http.Header(kMark) == mark_) {
    return found.http.Header("etag");
  }
  return ObjectVersion();
}

Result<ObjectVersion> S3Upload::Refused(bool repeated) {
  const std::string object = fmt::format("s3://{}/{}", client_.location().bucket, full_key_);
  if (repeated) {
    const Result<ObjectVersion> ours = OursOrNothing();
    if (ours && !ours->empty()) return *ours;
    // Ours may have been there, and been replaced since.
    return Fail(ErrorCode::kOutcomeUnknown,
                fmt::format("{}: the answer to a conditional write was lost, and the object is not "
                            "or no longer the one that was written",
                            object));
  }
  if (condition_.kind == PutCondition::Kind::kNone) {
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: the write was refused", object));
  }
  if (condition_.kind == PutCondition::Kind::kAbsent) {
    return Fail(ErrorCode::kAlreadyExists,
                fmt::format("{}: expected no object, found one", object));
  }
  return Fail(ErrorCode::kConflict, fmt::format("{}: expected version {}, found another or nothing",
                                                object, condition_.version));
}

Result<ObjectVersion> S3Upload::PutWhole() {
  S3Request request = Request("PUT");
  request.body = bytes_;
  request.headers[kMark] = mark_;
  AddCondition(request);
  ICEFALL_ASSIGN_OR_RETURN(const S3Response answer, client_.Send(request));
  if (answer.http.status == 200) return answer.http.Header("etag");
  return Refused(answer.repeated);  // 412, and 404 for If-Match where nothing is
}

Result<std::vector<std::string>> S3Upload::SendParts(const std::string& upload_id,
                                                     uint64_t part_size_bytes,
                                                     size_t parallel_count_max) {
  const size_t count = (bytes_.size() + part_size_bytes - 1) / part_size_bytes;
  std::vector<std::string> etags(count);
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::optional<Error> failure;  // guarded by mutex
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) {
      S3Request request = Request("PUT");
      request.query = {{"partNumber", std::to_string(i + 1)}, {"uploadId", upload_id}};
      request.body = bytes_.substr(i * part_size_bytes, part_size_bytes);
      const auto answer = client_.Send(request);
      if (answer && answer->http.status == 200) {
        etags[i] = answer->http.Header("etag");
        continue;
      }
      const std::lock_guard lock(mutex);
      failure =
          answer
              ? Error(ErrorCode::kUnavailable,
                      fmt::format("s3://{}/{}: part {} was refused with status {}",
                                  client_.location().bucket, full_key_, i + 1, answer->http.status))
              : answer.error();
      next = count;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < std::min(count, parallel_count_max); ++i) threads.emplace_back(work);
    work();
  }
  if (failure) return Fail(*failure);
  return etags;
}

Result<ObjectVersion> S3Upload::PutInParts(uint64_t part_size_bytes, size_t parallel_count_max) {
  S3Request create = Request("POST");
  create.query = {{"uploads", ""}};
  create.headers[kMark] = mark_;
  ICEFALL_ASSIGN_OR_RETURN(const S3Response created, client_.Send(create));
  ICEFALL_ASSIGN_OR_RETURN(const std::string upload_id, ParseS3UploadId(created.http.body));
  const auto abandon = [&] {
    S3Request abort = Request("DELETE");
    abort.query = {{"uploadId", upload_id}};
    (void)client_.Send(abort);  // what stays is found by RemoveAbandoned
  };
  auto etags = SendParts(upload_id, part_size_bytes, parallel_count_max);
  if (!etags) {
    abandon();
    return Fail(etags.error());
  }
  S3Request complete = Request("POST");
  complete.query = {{"uploadId", upload_id}};
  const std::string body = S3CompletionBody(*etags);
  complete.body = body;
  AddCondition(complete);
  ICEFALL_ASSIGN_OR_RETURN(const S3Response answer, client_.Send(complete));
  if (answer.http.status == 200) {
    auto etag = ParseS3CompletedEtag(answer.http.body);
    if (etag) return *etag;
    // An error may follow a status of 200 when completing took long.
    return Refused(true);
  }
  if (!answer.repeated) abandon();
  return Refused(answer.repeated);
}

Result<ObjectVersion> S3Upload::Run(uint64_t part_size_bytes, size_t parallel_count_max) {
  return bytes_.size() <= part_size_bytes ? PutWhole()
                                          : PutInParts(part_size_bytes, parallel_count_max);
}

}  // namespace icefall
