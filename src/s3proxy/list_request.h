// The query of ListObjects and ListObjectsV2.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "s3proxy/listing.h"
#include "s3proxy/request_target.h"
#include "s3proxy/s3_error.h"

namespace icefall::s3proxy {

struct ListRequest {
  bool is_v2 = false;
  ListQuery query;
  bool url_encoded = false;
  bool has_owner = false;
  std::string start_after;  // as it was asked for; of v1: the marker
  std::string token;        // as it was sent
  // Of the view that the page before was of.
  std::optional<uint64_t> point;
};

std::expected<ListRequest, S3Error> ParseListRequest(const RequestTarget& target);

// What the client sends back for the page behind `last`.
std::string ContinuationToken(uint64_t point, const std::string& last);

}  // namespace icefall::s3proxy
