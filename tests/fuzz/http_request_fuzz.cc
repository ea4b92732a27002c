// The bytes of a connection to the S3 proxy: requests are refused, or parsed, signed or not, within
// what was sent.
#include <string>

#include "s3proxy/authorization.h"
#include "s3proxy/byte_range.h"
#include "s3proxy/http/request_parser.h"
#include "s3proxy/list_request.h"
#include "s3proxy/preconditions.h"
#include "s3proxy/request_target.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace icefall;
using namespace icefall::s3proxy;

void CheckRange(const HttpRequest& request) {
  constexpr uint64_t kSizes[] = {0, 1, 1000, UINT64_MAX};
  for (const uint64_t size_bytes : kSizes) {
    const ByteRange range = ParseByteRange(request.Header("range"), size_bytes);
    if (range.kind == ByteRange::Kind::kUnsatisfiable) continue;
    fuzz::Require(range.size_bytes <= size_bytes && range.offset <= size_bytes - range.size_bytes,
                  "a range outside of the object");
    fuzz::Require(range.kind == ByteRange::Kind::kWhole || range.size_bytes > 0, "an empty part");
  }
}

void CheckRequest(const HttpRequest& request) {
  const RequestTarget target = ParseTarget(request, "lake.example");
  const AuthorizationRules rules{
      .secret_of = [](const std::string&) { return std::optional<std::string>("secret"); }};
  const auto who = Authenticate(request, target, rules, TimestampMicros(1'700'000'000'000'000));
  // Whoever sends the bytes does not know how to sign with this secret.
  fuzz::Require(!who || !*who, "a signature that nobody made");
  CheckRange(request);
  const int status =
      StatusByPreconditions(request, "\"etag\"", TimestampMicros(1'700'000'000'000'000));
  fuzz::Require(status == 200 || status == 304 || status == 412, "a status of other conditions");
  if (const auto list = ParseListRequest(target); list && list->point) {
    const std::string token = ContinuationToken(*list->point, list->query.start_after);
    fuzz::Require(!token.empty(), "a page without a token");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(fuzz::AsText(data, size));
  while (!bytes.empty()) {
    const size_t before = bytes.size();
    const auto request = TakeRequest(bytes);
    if (!request || !*request) break;
    fuzz::Require(bytes.size() < before, "a request of no bytes");
    CheckRequest(**request);
  }
  return 0;
}
