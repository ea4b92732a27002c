// What an S3 server answers: XML, and some headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace icefall {

// <Error>: its code, such as "NoSuchKey", its message, and the region that a request should have
// been signed for; empty where the body is no such XML.
struct S3ErrorAnswer {
  std::string code;
  std::string message;
  std::string region;
};
S3ErrorAnswer ParseS3Error(std::string_view body);

// One page of ListObjectsV2. Errors of this and of what follows: kCorruption.
struct S3ListAnswer {
  struct Object {
    std::string key;  // of the bucket, decoded
    uint64_t size_bytes = 0;
    std::string etag;
    TimestampMicros modified_at = 0;
  };
  std::vector<Object> objects;
  std::string next_token;  // empty: the last page
};
Result<S3ListAnswer> ParseS3List(std::string_view body);

// The id that CreateMultipartUpload answers.
Result<std::string> ParseS3UploadId(std::string_view body);

// The ETag that CompleteMultipartUpload answers.
Result<std::string> ParseS3CompletedEtag(std::string_view body);

// One page of ListMultipartUploads.
struct S3UploadsAnswer {
  struct Upload {
    std::string key;
    std::string upload_id;
    TimestampMicros started_at = 0;
  };
  std::vector<Upload> uploads;
  bool truncated = false;
  std::string next_key;
  std::string next_upload_id;
};
Result<S3UploadsAnswer> ParseS3Uploads(std::string_view body);

// The body of CompleteMultipartUpload: parts are numbered from 1.
std::string S3CompletionBody(const std::vector<std::string>& etags);

// The body of DeleteObjects, which asks for an answer with no more than what was not deleted; and
// these keys.
std::string S3DeletionBody(const std::vector<std::string>& keys);
Result<std::vector<std::string>> ParseS3Undeleted(std::string_view body);

// "bytes 2-9/1234" of a Content-Range header, or "bytes */1234" where no part of the object was
// asked for; nothing when it is neither.
struct S3ContentRange {
  uint64_t begin = 0;
  uint64_t end = 0;  // of the bytes: one behind the last
  uint64_t object_size_bytes = 0;
};
std::optional<S3ContentRange> ParseContentRange(std::string_view text);

// "Wed, 21 Oct 2015 07:28:00 GMT" of a Last-Modified or Date header; 0 when it is not one.
TimestampMicros ParseHttpDate(const std::string& text);

}  // namespace icefall
