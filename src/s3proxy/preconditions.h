// If-Match and its like.
#pragma once

#include <string>

#include "base/clock.h"
#include "s3proxy/http/message.h"

namespace icefall::s3proxy {

// 200 when the object is to be sent, 304 or 412 when not (RFC 9110, section 13.2.2).
int StatusByPreconditions(const HttpRequest& request, const std::string& etag,
                          TimestampMicros modified_at);

// False when If-Range asks for the whole object, since it is another one than the client knows.
bool RangeCounts(const HttpRequest& request, const std::string& etag, TimestampMicros modified_at);

}  // namespace icefall::s3proxy
