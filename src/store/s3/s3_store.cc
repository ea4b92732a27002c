#include "store/s3/s3_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/parallel.h"
#include "base/utf8.h"
#include "store/cache/caching_store.h"
#include "store/s3/s3_answers.h"
#include "store/s3/s3_upload.h"

namespace icefall {
namespace {

// S3 has keys as text that XML can hold.
Result<void> ValidateS3Key(std::string_view key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  const bool has_control =
      std::any_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (!has_control && IsUtf8(key)) return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("key '{}': expected UTF-8 without control characters, as S3 demands",
                          HexEscaped(key)));
}

}  // namespace

S3Store::S3Store(std::unique_ptr<S3Client> client) : client_(std::move(client)) {}

Result<std::unique_ptr<ObjectStore>> S3Store::Open(std::string_view rest) {
  const Environment environment = ProcessEnvironment();
  ICEFALL_ASSIGN_OR_RETURN(S3Location location, S3Location::Parse(rest, environment));
  RangeCacheOptions cache{location.cache_directory, location.cache_size_bytes_max};
  std::string identity =
      fmt::format("{}\n{}\n{}", location.BaseUrl(), location.bucket, location.prefix);
  auto client = std::make_unique<S3Client>(std::move(location), S3RetryPolicy::Default(),
                                           environment, SystemClock());
  auto store = std::make_unique<S3Store>(std::move(client));
  if (cache.directory.empty()) return store;
  ICEFALL_ASSIGN_OR_RETURN(auto opened, RangeCache::Open(std::move(cache)));
  return std::make_unique<CachingStore>(std::move(store), std::move(opened), std::move(identity));
}

std::string S3Store::FullKey(std::string_view key) const {
  const std::string& prefix = client_->location().prefix;
  return prefix.empty() ? std::string(key) : fmt::format("{}/{}", prefix, key);
}

std::string S3Store::Describe(const ObjectKey& key) const {
  return fmt::format("s3://{}/{}", client_->location().bucket, FullKey(key));
}

std::string S3Store::name() const { return client_->location().Display(); }

Result<ObjectVersion> S3Store::Put(const ObjectKey& key, std::string_view bytes,
                                   const PutCondition& condition) {
  ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
  S3Upload upload(*client_, FullKey(key), condition, kParts);
  ICEFALL_RETURN_IF_ERROR(upload.Write(bytes));
  return upload.Finish();
}

Result<std::unique_ptr<ObjectWriter>> S3Store::OpenWriter(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
  return std::make_unique<S3Upload>(*client_, FullKey(key), PutCondition::IfAbsent(), kParts);
}

Result<S3Store::Range> S3Store::ReadRange(const ObjectKey& key, uint64_t offset,
                                          uint64_t size_bytes, const ObjectVersion& version) {
  S3Request request;
  request.key = FullKey(key);
  const uint64_t last = size_bytes > UINT64_MAX - offset ? UINT64_MAX : offset + size_bytes - 1;
  request.headers["range"] =
      fmt::format("bytes={}-{}", offset, std::min<uint64_t>(last, INT64_MAX));
  if (!version.empty()) request.headers["if-match"] = version;
  ICEFALL_ASSIGN_OR_RETURN(S3Response answer, client_->Send(request));
  HttpResponse& http = answer.http;
  if (http.status == 404) {
    return Fail(ErrorCode::kNotFound, Describe(key) + ": no such object");
  }
  if (http.status == 412) {
    return Fail(ErrorCode::kConflict, Describe(key) + ": was replaced while it was read");
  }
  const auto sent = ParseContentRange(http.Header("content-range"));
  Range range{std::move(http.body), sent ? sent->object_size_bytes : 0, http.Header("etag")};
  if (http.status == 416) {
    range.bytes.clear();
    if (sent) return range;
    // Some servers do not say the size.
    ICEFALL_ASSIGN_OR_RETURN(const ObjectInfo info, Stat(key));
    range.object_size_bytes = info.size_bytes;
    return range;
  }
  if (http.status == 200) {  // the server does not know ranges
    range.object_size_bytes = range.bytes.size();
    range.bytes = offset < range.bytes.size() ? range.bytes.substr(offset, size_bytes) : "";
    return range;
  }
  const bool is_asked_for = sent && sent->begin == offset && range.bytes.size() <= size_bytes &&
                            range.bytes.size() == sent->end - sent->begin;
  if (!is_asked_for) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("{}: asked for {} bytes at {}, the server answered {} bytes as '{}'",
                            Describe(key), size_bytes, offset, range.bytes.size(),
                            http.Header("content-range")));
  }
  return range;
}

Result<void> S3Store::ReadParts(const ObjectKey& key, uint64_t offset, const ObjectVersion& version,
                                uint64_t begin, std::string& bytes) {
  const uint64_t count =
      (bytes.size() - begin + kParts.part_size_bytes - 1) / kParts.part_size_bytes;
  return ForEachInParallel(count, kParts.parallel_count_max, [&](size_t i) -> Result<void> {
    const uint64_t from = begin + i * kParts.part_size_bytes;
    const uint64_t size = std::min(kParts.part_size_bytes, bytes.size() - from);
    ICEFALL_ASSIGN_OR_RETURN(const Range part, ReadRange(key, offset + from, size, version));
    if (part.bytes.size() != size) {
      return Fail(ErrorCode::kCorruption,
                  fmt::format("{}: expected {} bytes at offset {}, found {}", Describe(key), size,
                              offset + from, part.bytes.size()));
    }
    std::ranges::copy(part.bytes, bytes.begin() + static_cast<int64_t>(from));
    return {};
  });
}

Result<std::string> S3Store::Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) {
  ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
  const auto past_end = [&](uint64_t found) {
    return Fail(ErrorCode::kOutOfRange,
                fmt::format("{}: expected {} bytes at offset {}, found {} bytes in all",
                            Describe(key), size_bytes, offset, found));
  };
  if (size_bytes == 0) {
    ICEFALL_ASSIGN_OR_RETURN(const ObjectInfo info, Stat(key));
    if (offset > info.size_bytes) return past_end(info.size_bytes);
    return std::string();
  }
  ICEFALL_ASSIGN_OR_RETURN(
      Range first, ReadRange(key, offset, std::min(size_bytes, kParts.part_size_bytes), {}));
  const uint64_t found = first.object_size_bytes;
  if (offset > found || size_bytes > found - offset) return past_end(found);
  const uint64_t begin = first.bytes.size();
  if (begin == size_bytes) return std::move(first.bytes);
  first.bytes.resize(size_bytes);
  ICEFALL_RETURN_IF_ERROR(ReadParts(key, offset, first.version, begin, first.bytes));
  return std::move(first.bytes);
}

Result<std::string> S3Store::ReadToEnd(const ObjectKey& key, uint64_t offset) {
  ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
  ICEFALL_ASSIGN_OR_RETURN(Range first, ReadRange(key, offset, kParts.part_size_bytes, {}));
  if (offset > first.object_size_bytes) {
    return Fail(ErrorCode::kOutOfRange,
                fmt::format("{}: expected {} bytes or more, found {}", Describe(key), offset,
                            first.object_size_bytes));
  }
  const uint64_t size_bytes = first.object_size_bytes - offset;
  const uint64_t begin = first.bytes.size();
  if (begin == size_bytes) return std::move(first.bytes);
  first.bytes.resize(size_bytes);
  ICEFALL_RETURN_IF_ERROR(ReadParts(key, offset, first.version, begin, first.bytes));
  return std::move(first.bytes);
}

Result<ObjectInfo> S3Store::Stat(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
  S3Request request;
  request.method = "HEAD";
  request.key = FullKey(key);
  ICEFALL_ASSIGN_OR_RETURN(const S3Response answer, client_->Send(request));
  if (answer.http.status != 200) {
    return Fail(ErrorCode::kNotFound, Describe(key) + ": no such object");
  }
  ObjectInfo info{.key = key,
                  .size_bytes = 0,
                  .version = answer.http.Header("etag"),
                  .modified_at = ParseHttpDate(answer.http.Header("last-modified"))};
  const std::string size = answer.http.Header("content-length");
  info.size_bytes = std::strtoull(size.c_str(), nullptr, 10);
  return info;
}

Result<std::vector<ObjectInfo>> S3Store::List(const ListRequest& request) {
  std::vector<ObjectInfo> infos;
  const size_t root_size = FullKey("").size();
  S3Request page;
  page.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", FullKey(request.prefix)}};
  if (request.shallow) page.query["delimiter"] = "/";
  if (!request.start_after.empty()) page.query["start-after"] = FullKey(request.start_after);
  while (infos.size() < request.limit) {
    const uint64_t wanted = std::min<uint64_t>(1000, request.limit - infos.size());
    page.query["max-keys"] = std::to_string(wanted);
    ICEFALL_ASSIGN_OR_RETURN(const S3Response answer, client_->Send(page));
    ICEFALL_ASSIGN_OR_RETURN(const S3ListAnswer listed, ParseS3List(answer.http.body));
    for (const auto& object : listed.objects) {
      std::string key = object.key.substr(std::min(object.key.size(), root_size));
      // Others may keep objects here under names that are none of ours.
      if (!ValidateKey(key) || key <= request.start_after) continue;
      if (infos.size() == request.limit) break;
      infos.push_back({std::move(key), object.size_bytes, object.etag, object.modified_at});
    }
    if (listed.next_token.empty()) break;
    page.query["continuation-token"] = listed.next_token;
    page.query.erase("start-after");
  }
  return infos;
}

Result<void> S3Store::Delete(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
  return DeleteFull(FullKey(key));
}

Result<void> S3Store::DeleteFull(const std::string& full_key) {
  S3Request request;
  request.method = "DELETE";
  request.key = full_key;
  ICEFALL_RETURN_IF_ERROR(client_->Send(request));
  return {};
}

Result<void> S3Store::DeleteBatch(const std::vector<std::string>& full_keys) {
  std::vector<std::string> left = full_keys;
  if (left.size() > 1) {
    const std::string body = S3DeletionBody(full_keys);
    S3Request request;
    request.method = "POST";
    request.query = {{"delete", ""}};
    request.body = body;
    request.body_sha256 = Sha256Hex(body);
    request.headers["x-amz-checksum-sha256"] = Base64Encode(*FromHex(request.body_sha256));
    const auto answer = client_->Send(request);
    if (answer && answer->http.status == 200) {
      ICEFALL_ASSIGN_OR_RETURN(left, ParseS3Undeleted(answer->http.body));
    } else if (!answer && answer.error().code() != ErrorCode::kUnsupported &&
               answer.error().code() != ErrorCode::kInvalidArgument) {
      return Fail(answer.error());
    }
  }
  // Singly: what the server did not delete, for it is asked again or says why not, and everything
  // where it knows no such request.
  return ForEachInParallel(left.size(), kParts.parallel_count_max,
                           [&](size_t i) { return DeleteFull(left[i]); });
}

Result<void> S3Store::DeleteMany(const std::vector<ObjectKey>& keys) {
  // A server deletes what one request names one after the other.
  constexpr size_t kBatchSizeMin = 100;
  constexpr size_t kBatchSizeMax = 1000;  // S3's
  std::vector<std::string> full_keys;
  for (const ObjectKey& key : keys) {
    ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
    full_keys.push_back(FullKey(key));
  }
  const size_t share = keys.size() / kParts.parallel_count_max + 1;
  const size_t size = std::clamp(share, kBatchSizeMin, kBatchSizeMax);
  const size_t batch_count = (keys.size() + size - 1) / size;
  return ForEachInParallel(batch_count, kParts.parallel_count_max, [&](size_t i) {
    const auto begin = full_keys.begin() + static_cast<int64_t>(i * size);
    const auto end =
        full_keys.begin() + static_cast<int64_t>(std::min((i + 1) * size, keys.size()));
    return DeleteBatch({begin, end});
  });
}

Result<std::unique_ptr<ObjectAppender>> S3Store::OpenAppender(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
  return Fail(ErrorCode::kUnsupported, Describe(key) + ": objects in S3 cannot be appended to");
}

Result<void> S3Store::Persist(const std::vector<ObjectKey>& keys) {
  for (const ObjectKey& key : keys) ICEFALL_RETURN_IF_ERROR(Stat(key));
  return {};
}

Result<std::string> S3Store::ExternalPath(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateS3Key(key));
  return Fail(ErrorCode::kUnsupported, Describe(key) + ": is not reached by path");
}

Result<uint64_t> S3Store::RemoveAbandoned(TimestampMicros started_before) {
  uint64_t count = 0;
  S3Request page;
  page.query = {{"uploads", ""}, {"prefix", FullKey("")}};
  for (;;) {
    ICEFALL_ASSIGN_OR_RETURN(const S3Response answer, client_->Send(page));
    ICEFALL_ASSIGN_OR_RETURN(const S3UploadsAnswer listed, ParseS3Uploads(answer.http.body));
    for (const auto& upload : listed.uploads) {
      if (upload.started_at >= started_before) continue;
      S3Request abort;
      abort.method = "DELETE";
      abort.key = upload.key;
      abort.query = {{"uploadId", upload.upload_id}};
      ICEFALL_RETURN_IF_ERROR(client_->Send(abort));
      ++count;
    }
    if (!listed.truncated || listed.next_key.empty()) return count;
    page.query["key-marker"] = listed.next_key;
    page.query["upload-id-marker"] = listed.next_upload_id;
  }
}

}  // namespace icefall
