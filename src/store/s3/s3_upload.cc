#include "store/s3/s3_upload.h"

#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "base/uuid.h"
#include "store/s3/s3_answers.h"

namespace icefall {
namespace {

constexpr const char* kMark = "x-amz-meta-icefall-put";

}  // namespace

S3Upload::S3Upload(S3Client& client, std::string full_key, PutCondition condition,
                   const S3PartPolicy& policy)
    : client_(client),
      full_key_(std::move(full_key)),
      condition_(std::move(condition)),
      policy_(policy),
      mark_(NewUuid(SystemClock())) {}

S3Upload::~S3Upload() { Abandon(); }

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
  request.body = held_;
  request.headers[kMark] = mark_;
  AddCondition(request);
  ICEFALL_ASSIGN_OR_RETURN(const S3Response answer, client_.Send(request));
  if (answer.http.status == 200) return answer.http.Header("etag");
  return Refused(answer.repeated);  // 412, and 404 for If-Match where nothing is
}

Result<void> S3Upload::Begin() {
  S3Request create = Request("POST");
  create.query = {{"uploads", ""}};
  create.headers[kMark] = mark_;
  ICEFALL_ASSIGN_OR_RETURN(const S3Response created, client_.Send(create));
  ICEFALL_ASSIGN_OR_RETURN(upload_id_, ParseS3UploadId(created.http.body));
  return {};
}

Result<void> S3Upload::SendParts() {
  if (upload_id_.empty()) ICEFALL_RETURN_IF_ERROR(Begin());
  const uint64_t part_size = policy_.part_size_bytes;
  const size_t count = (held_.size() + part_size - 1) / part_size;
  const size_t sent = etags_.size();
  etags_.resize(sent + count);
  ICEFALL_RETURN_IF_ERROR(
      ForEachInParallel(count, policy_.parallel_count_max, [&](size_t i) -> Result<void> {
        const size_t number = sent + i + 1;
        S3Request request = Request("PUT");
        request.query = {{"partNumber", std::to_string(number)}, {"uploadId", upload_id_}};
        request.body = std::string_view(held_).substr(i * part_size, part_size);
        ICEFALL_ASSIGN_OR_RETURN(const S3Response answer, client_.Send(request));
        if (answer.http.status != 200) {
          return Fail(
              ErrorCode::kUnavailable,
              fmt::format("s3://{}/{}: part {} was refused with status {}",
                          client_.location().bucket, full_key_, number, answer.http.status));
        }
        etags_[number - 1] = answer.http.Header("etag");
        return {};
      }));
  held_.clear();
  return {};
}

void S3Upload::Abandon() {
  if (upload_id_.empty()) return;
  S3Request abort = Request("DELETE");
  abort.query = {{"uploadId", upload_id_}};
  (void)client_.Send(abort);  // what stays is found by RemoveAbandoned
  upload_id_.clear();
}

Result<ObjectVersion> S3Upload::Complete() {
  S3Request complete = Request("POST");
  complete.query = {{"uploadId", upload_id_}};
  const std::string body = S3CompletionBody(etags_);
  complete.body = body;
  AddCondition(complete);
  auto answer = client_.Send(complete);
  if (!answer || answer->http.status == 200 || answer->repeated) upload_id_.clear();
  if (!answer) return Fail(std::move(answer).error());
  if (answer->http.status == 200) {
    auto etag = ParseS3CompletedEtag(answer->http.body);
    if (etag) return *etag;
    // An error may follow a status of 200 when completing took long.
    return Refused(true);
  }
  Abandon();
  return Refused(answer->repeated);
}

Result<void> S3Upload::Write(std::string_view bytes) {
  const uint64_t held_size_max = policy_.part_size_bytes * policy_.parallel_count_max;
  while (!bytes.empty()) {
    if (held_.size() == held_size_max) ICEFALL_RETURN_IF_ERROR(SendParts());
    const std::string_view taken = bytes.substr(0, held_size_max - held_.size());
    held_ += taken;
    bytes.remove_prefix(taken.size());
  }
  return {};
}

Result<ObjectVersion> S3Upload::Finish() {
  if (upload_id_.empty() && held_.size() <= policy_.part_size_bytes) return PutWhole();
  ICEFALL_RETURN_IF_ERROR(SendParts());
  return Complete();
}

}  // namespace icefall
