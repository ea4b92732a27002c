#include "s3proxy/proxy_service.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "s3proxy/byte_range.h"
#include "s3proxy/list_request.h"
#include "s3proxy/preconditions.h"
#include "s3proxy/s3_xml.h"

namespace icefall::s3proxy {
namespace {

using Refused = std::unexpected<S3Error>;

constexpr uint64_t kFirstPieceSizeBytes = 2 << 20;
constexpr size_t kFactsThreadsMax = 4;

// What S3 has beside objects and listings, all of it for buckets or objects that can change.
constexpr std::string_view kOtherResources[] = {"accelerate",
                                                "acl",
                                                "analytics",
                                                "attributes",
                                                "cors",
                                                "encryption",
                                                "intelligent-tiering",
                                                "inventory",
                                                "legal-hold",
                                                "lifecycle",
                                                "logging",
                                                "metrics",
                                                "notification",
                                                "object-lock",
                                                "ownershipControls",
                                                "policy",
                                                "policyStatus",
                                                "publicAccessBlock",
                                                "replication",
                                                "requestPayment",
                                                "retention",
                                                "select",
                                                "tagging",
                                                "torrent",
                                                "uploadId",
                                                "uploads",
                                                "versionId",
                                                "versioning",
                                                "versions",
                                                "website",
                                                "partNumber",
                                                "session"};

// Headers that a signed request may ask for.
constexpr std::array<std::pair<const char*, const char*>, 6> kResponseHeaders = {
    {{"response-cache-control", "Cache-Control"},
     {"response-content-disposition", "Content-Disposition"},
     {"response-content-encoding", "Content-Encoding"},
     {"response-content-language", "Content-Language"},
     {"response-content-type", "Content-Type"},
     {"response-expires", "Expires"}}};

Refused NotAllowed() {
  return Refused(S3Error{405, "MethodNotAllowed",
                         "the specified method is not allowed against this resource: tables are "
                         "shown read-only"});
}

HttpResponse XmlResponse(std::string body) {
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/xml");
  response.body = std::move(body);
  return response;
}

bool HasOtherResource(const RequestTarget& target) {
  return std::ranges::any_of(kOtherResources, [&](auto name) { return target.Has(name); });
}

// A header's value must not end it.
bool IsHeaderValue(const std::string& value) {
  return std::ranges::all_of(value, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

// Reads the first piece at once, so that what cannot be read is an error and not half an answer.
std::expected<void, S3Error> SetBody(FileContentPointer content, uint64_t offset,
                                     uint64_t size_bytes, bool is_head, HttpResponse& response) {
  response.reader_size_bytes = size_bytes;
  if (is_head || size_bytes == 0) {
    response.reader = [](uint64_t, uint64_t) -> Result<std::string> { return std::string(); };
    return {};
  }
  auto first = content->Read(offset, std::min(size_bytes, kFirstPieceSizeBytes));
  if (!first) return Refused(FromEngine(first.error()));
  if (first->empty()) return Refused(S3Error{500, "InternalError", "the file is shorter"});
  response.reader = [content = std::move(content), offset,
                     first = std::make_shared<std::string>(std::move(*first))](
                        uint64_t begin, uint64_t count) -> Result<std::string> {
    if (begin == 0 && !first->empty()) return std::exchange(*first, {});
    return content->Read(offset + begin, count);
  };
  return {};
}

std::expected<void, S3Error> SetHeaders(const RequestTarget& target, bool is_signed,
                                        const VirtualFile& file, const std::string& etag,
                                        HttpResponse& response) {
  response.headers = {{"ETag", etag},
                      {"Last-Modified", FormatHttpDate(file.modified_at())},
                      {"Accept-Ranges", "bytes"}};
  bool has_type = false;
  for (const auto& [parameter, header] : kResponseHeaders) {
    if (!target.Has(parameter)) continue;
    if (!is_signed || !IsHeaderValue(target.Value(parameter))) {
      return Refused(S3Error{400, "InvalidRequest",
                             fmt::format("{}: expected a signed request, and a text without "
                                         "control characters",
                                         parameter)});
    }
    has_type |= std::string_view(header) == "Content-Type";
    response.headers.emplace_back(header, target.Value(parameter));
  }
  if (!has_type) {
    response.headers.emplace_back("Content-Type", "application/vnd.apache.parquet");
  }
  return {};
}

}  // namespace

ProxyService::ProxyService(Settings settings, BucketDirectory& directory, Metrics& metrics,
                           Clock& clock)
    : settings_(std::move(settings)),
      directory_(directory),
      metrics_(metrics),
      clock_(clock),
      rules_{settings_.region, settings_.clock_skew_seconds_max,
             [&directory](const std::string& id) { return directory.SecretOf(id); }},
      started_at_(clock.NowMicros()) {}

HttpResponse ProxyService::Answer(const HttpRequest& request) {
  const auto begin = std::chrono::steady_clock::now();
  Asked asked{request, ParseTarget(request, settings_.domain), std::nullopt};
  const Answered answered = Dispatch(asked);
  HttpResponse response =
      answered ? std::move(*answered) : ErrorResponse(answered.error(), asked.target.raw_path);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  metrics_.Count(asked.operation, response.status, taken.count());
  return response;
}

ProxyService::Answered ProxyService::Dispatch(Asked& asked) {
  if (asked.request.method != "GET" && asked.request.method != "HEAD") return NotAllowed();
  auto caller = Authenticate(asked.request, asked.target, rules_, clock_.NowMicros());
  if (!caller) return Refused(caller.error());
  asked.caller = std::move(*caller);
  if (HasOtherResource(asked.target)) return NotAllowed();
  if (asked.target.bucket.empty() && asked.target.key.empty()) {
    if (asked.request.method == "HEAD") return NotAllowed();
    asked.operation = "ListBuckets";
    return ListBuckets(asked);
  }
  if (asked.target.key.empty()) return AnswerBucket(asked);
  asked.operation = asked.request.method == "HEAD" ? "HeadObject" : "GetObject";
  return GetObject(asked);
}

std::expected<VirtualBucketPointer, S3Error> ProxyService::FindBucket(const Asked& asked) {
  auto bucket = directory_.Find(asked.target.bucket, asked.caller);
  if (bucket) return *bucket;
  const Error& error = bucket.error();
  if (error.code() == ErrorCode::kPermissionDenied) {
    return Refused(S3Error{403, "AccessDenied", error.message()});
  }
  if (error.code() == ErrorCode::kNotFound) {
    return Refused(S3Error{404, "NoSuchBucket", error.message()});
  }
  return Refused(FromEngine(error));
}

ProxyService::Answered ProxyService::ListBuckets(const Asked& asked) {
  if (!asked.caller) return Refused(S3Error{403, "AccessDenied", "expected a signature"});
  return XmlResponse(BucketsXml(directory_.Names(asked.caller), started_at_));
}

ProxyService::Answered ProxyService::AnswerBucket(Asked& asked) {
  const bool is_head = asked.request.method == "HEAD";
  const bool asks_location = asked.target.Has("location");
  asked.operation = is_head                         ? "HeadBucket"
                    : asks_location                 ? "GetBucketLocation"
                    : asked.target.Has("list-type") ? "ListObjectsV2"
                                                    : "ListObjects";
  const auto bucket = FindBucket(asked);
  if (!bucket) return Refused(bucket.error());
  if (is_head) {
    HttpResponse response;
    response.headers = {{"Content-Type", "application/xml"},
                        {"x-amz-bucket-region", settings_.region}};
    return response;
  }
  if (asks_location) return XmlResponse(LocationXml(settings_.region));
  return ListObjects(asked, **bucket);
}

ProxyService::Answered ProxyService::ListObjects(const Asked& asked, VirtualBucket& bucket) {
  const auto request = ParseListRequest(asked.target);
  if (!request) return Refused(request.error());
  const auto view = request->point ? bucket.At(*request->point) : bucket.Newest();
  if (!view) {
    S3Error error = FromEngine(view.error());
    if (error.status == 404) error.code = "NoSuchBucket";
    return Refused(std::move(error));
  }
  ListPage page = ListFiles(**view, request->query);
  ListXml xml{.is_v2 = request->is_v2,
              .bucket = bucket.name(),
              .prefix = request->query.prefix,
              .delimiter = request->query.delimiter,
              .start_after = request->start_after,
              .token = request->token,
              .next = request->is_v2 ? ContinuationToken((*view)->point, page.last) : page.last,
              .url_encoded = request->url_encoded,
              .has_owner = request->has_owner,
              .truncated = page.truncated,
              .key_count_max = request->query.key_count_max};
  xml.objects.resize(page.files.size());
  const auto told =
      ForEachInParallel(page.files.size(), kFactsThreadsMax, [&](size_t i) -> Result<void> {
        VirtualFile& file = *page.files[i];
        ICEFALL_ASSIGN_OR_RETURN(FileFacts facts, file.Facts());
        xml.objects[i] = {file.key(), file.modified_at(), std::move(facts.etag), facts.size_bytes};
        return {};
      });
  if (!told) return Refused(FromEngine(told.error()));
  xml.common_prefixes = std::move(page.common_prefixes);
  return XmlResponse(xml.ToText());
}

ProxyService::Answered ProxyService::GetObject(const Asked& asked) {
  const auto bucket = FindBucket(asked);
  if (!bucket) return Refused(bucket.error());
  const auto file = (*bucket)->Find(asked.target.key);
  if (!file) return Refused(FromEngine(file.error()));
  if (*file == nullptr) {
    return Refused(S3Error{404, "NoSuchKey", "the specified key does not exist"});
  }
  const auto content = (*file)->Open();
  if (!content) return Refused(FromEngine(content.error()));
  HttpResponse response;
  const auto& etag = (*content)->etag();
  if (auto set = SetHeaders(asked.target, asked.caller.has_value(), **file, etag, response); !set) {
    return Refused(set.error());
  }
  response.status = StatusByPreconditions(asked.request, etag, (*file)->modified_at());
  if (response.status == 304) return response;
  if (response.status == 412) {
    return Refused(S3Error{412, "PreconditionFailed",
                           "at least one of the preconditions that were given does not hold"});
  }
  const uint64_t size_bytes = (*content)->size_bytes();
  const bool counts = RangeCounts(asked.request, etag, (*file)->modified_at());
  const ByteRange range =
      ParseByteRange(counts ? asked.request.Header("range") : std::string(), size_bytes);
  if (range.kind == ByteRange::Kind::kUnsatisfiable) {
    HttpResponse refused =
        ErrorResponse({416, "InvalidRange", "the range is not satisfiable"}, asked.target.raw_path);
    refused.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size_bytes));
    return refused;
  }
  if (range.kind == ByteRange::Kind::kPart) {
    response.status = 206;
    response.headers.emplace_back("Content-Range",
                                  fmt::format("bytes {}-{}/{}", range.offset,
                                              range.offset + range.size_bytes - 1, size_bytes));
  }
  const bool is_head = asked.request.method == "HEAD";
  if (auto set = SetBody(*content, range.offset, range.size_bytes, is_head, response); !set) {
    return Refused(set.error());
  }
  return response;
}

}  // namespace icefall::s3proxy
