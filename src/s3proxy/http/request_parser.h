// The head of an HTTP/1 request, from the bytes of a connection.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "s3proxy/http/message.h"

namespace icefall::s3proxy {

// A longer head is refused.
inline constexpr size_t kRequestHeadSizeMax = 64 * 1024;

// Takes the first request's head away from the front of `bytes`. Nothing while it is not whole.
// Errors: kInvalidArgument for bytes that are no HTTP/1 request; kResourceExhausted for a head
// that is too long.
Result<std::optional<HttpRequest>> TakeRequest(std::string& bytes);

}  // namespace icefall::s3proxy
