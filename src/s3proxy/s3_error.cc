#include "s3proxy/s3_error.h"

#include "s3proxy/s3_xml.h"

namespace icefall::s3proxy {

S3Error FromEngine(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kNotFound:
      return {404, "NoSuchKey", error.message()};
    case ErrorCode::kUnavailable:
    case ErrorCode::kConflict:
    case ErrorCode::kResourceExhausted:
      return {503, "ServiceUnavailable", error.message()};
    default:
      return {500, "InternalError", error.message()};
  }
}

HttpResponse ErrorResponse(const S3Error& error, std::string_view resource) {
  HttpResponse response;
  response.status = error.status;
  response.headers.emplace_back("Content-Type", "application/xml");
  if (error.status == 405) response.headers.emplace_back("Allow", "GET, HEAD");
  response.body = ErrorXml(error.code, error.message, resource);
  return response;
}

}  // namespace icefall::s3proxy
