#include "store/s3/s3_answers.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/percent_encoding.h"

namespace icefall {
namespace {

Result<pugi::xml_document> Parse(std::string_view body, const char* root) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(body.data(), body.size());
  if (parsed && std::string_view(document.document_element().name()) == root) return document;
  return Fail(ErrorCode::kCorruption,
              fmt::format("the S3 server's answer: expected XML <{}>, found '{}'", root,
                          body.substr(0, 200)));
}

// Keys come in the form of a query, spaces as '+', because encoding-type=url was asked for.
std::string DecodeUrl(std::string text) {
  std::ranges::replace(text, '+', ' ');
  return PercentDecode(text);
}

// To the second, as the headers of an object have it.
TimestampMicros ParseTime(std::string_view text) {
  const auto time = ParseTimestamp(fmt::format("{}.000000Z", text.substr(0, 19)));
  return time ? *time : 0;
}

}  // namespace

S3ErrorAnswer ParseS3Error(std::string_view body) {
  pugi::xml_document document;
  document.load_buffer(body.data(), body.size());
  const auto error = document.child("Error");
  return {error.child_value("Code"), error.child_value("Message"), error.child_value("Region")};
}

Result<S3ListAnswer> ParseS3List(std::string_view body) {
  ICEFALL_ASSIGN_OR_RETURN(const auto document, Parse(body, "ListBucketResult"));
  const auto root = document.document_element();
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  S3ListAnswer answer;
  for (const auto& object : root.children("Contents")) {
    const std::string key = object.child_value("Key");
    answer.objects.push_back({.key = encoded ? DecodeUrl(key) : key,
                              .size_bytes = object.child("Size").text().as_ullong(),
                              .etag = object.child_value("ETag"),
                              .modified_at = ParseTime(object.child_value("LastModified"))});
  }
  if (root.child("IsTruncated").text().as_bool()) {
    answer.next_token = root.child_value("NextContinuationToken");
    if (answer.next_token.empty()) {
      return Fail(ErrorCode::kCorruption,
                  "the S3 server's listing: expected a continuation token after a truncated page");
    }
  }
  return answer;
}

Result<std::string> ParseS3UploadId(std::string_view body) {
  ICEFALL_ASSIGN_OR_RETURN(const auto document, Parse(body, "InitiateMultipartUploadResult"));
  return document.document_element().child_value("UploadId");
}

Result<std::string> ParseS3CompletedEtag(std::string_view body) {
  ICEFALL_ASSIGN_OR_RETURN(const auto document, Parse(body, "CompleteMultipartUploadResult"));
  return document.document_element().child_value("ETag");
}

Result<S3UploadsAnswer> ParseS3Uploads(std::string_view body) {
  ICEFALL_ASSIGN_OR_RETURN(const auto document, Parse(body, "ListMultipartUploadsResult"));
  const auto root = document.document_element();
  S3UploadsAnswer answer;
  for (const auto& upload : root.children("Upload")) {
    answer.uploads.push_back({upload.child_value("Key"), upload.child_value("UploadId"),
                              ParseTime(upload.child_value("Initiated"))});
  }
  answer.truncated = root.child("IsTruncated").text().as_bool();
  answer.next_key = root.child_value("NextKeyMarker");
  answer.next_upload_id = root.child_value("NextUploadIdMarker");
  return answer;
}

std::string S3CompletionBody(const std::vector<std::string>& etags) {
  std::string body = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < etags.size(); ++i) {
    body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1, etags[i]);
  }
  return body + "</CompleteMultipartUpload>";
}

std::string S3DeletionBody(const std::vector<std::string>& keys) {
  pugi::xml_document document;
  auto root = document.append_child("Delete");
  root.append_child("Quiet").text().set(true);
  for (const auto& key : keys) {
    root.append_child("Object").append_child("Key").text().set(key.c_str());
  }
  std::ostringstream body;
  document.save(body, "", pugi::format_raw | pugi::format_no_declaration);
  return body.str();
}

Result<std::vector<std::string>> ParseS3Undeleted(std::string_view body) {
  ICEFALL_ASSIGN_OR_RETURN(const auto document, Parse(body, "DeleteResult"));
  std::vector<std::string> keys;
  for (const auto& error : document.document_element().children("Error")) {
    keys.push_back(error.child_value("Key"));
  }
  return keys;
}

std::optional<S3ContentRange> ParseContentRange(std::string_view text) {
  const auto take = [&](std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
  };
  const auto take_number = [&](uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return true;
  };
  S3ContentRange range;
  if (!take("bytes ")) return std::nullopt;
  if (!take("*")) {
    uint64_t last = 0;
    if (!take_number(range.begin) || !take("-") || !take_number(last)) return std::nullopt;
    if (last < range.begin || last == UINT64_MAX) return std::nullopt;
    range.end = last + 1;
  }
  if (!take("/") || !take_number(range.object_size_bytes) || !text.empty()) return std::nullopt;
  if (range.end > range.object_size_bytes) return std::nullopt;
  return range;
}

TimestampMicros ParseHttpDate(const std::string& text) {
  std::tm time{};
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S", &time) == nullptr) return 0;
  return TimestampMicros{::timegm(&time)} * 1'000'000;
}

}  // namespace icefall
