// The errors of the S3 protocol, as the proxy answers them.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "s3proxy/http/message.h"

namespace icefall::s3proxy {

struct S3Error {
  int status;
  const char* code;  // such as "NoSuchKey"
  std::string message;
};

// 404 for what is not there, 503 for what may work later, else 500; the message names no more than
// the engine's does.
S3Error FromEngine(const Error& error);

// `resource`: the path that was asked for.
HttpResponse ErrorResponse(const S3Error& error, std::string_view resource);

}  // namespace icefall::s3proxy
