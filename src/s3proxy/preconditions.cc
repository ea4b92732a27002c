#include "s3proxy/preconditions.h"

#include <algorithm>
#include <string_view>

#include "store/s3/s3_answers.h"

namespace icefall::s3proxy {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Some clients send ETags without quotes.
std::string_view Unquoted(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
    etag = etag.substr(1, etag.size() - 2);
  }
  return etag;
}

bool HasEtag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view one = Trimmed(list.substr(0, comma));
    if (one == "*" || Unquoted(one) == Unquoted(etag)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// Headers know no parts of a second. A date that cannot be read is as if it were not there.
bool IsNewer(TimestampMicros modified_at, const std::string& date, bool otherwise) {
  const TimestampMicros time = ParseHttpDate(date);
  return time == 0 ? otherwise : modified_at / 1'000'000 > time / 1'000'000;
}

}  // namespace

int StatusByPreconditions(const HttpRequest& request, const std::string& etag,
                          TimestampMicros modified_at) {
  if (const auto& match = request.Header("if-match"); !match.empty()) {
    if (!HasEtag(match, etag)) return 412;
  } else if (const auto& date = request.Header("if-unmodified-since"); !date.empty()) {
    if (IsNewer(modified_at, date, false)) return 412;
  }
  if (const auto& match = request.Header("if-none-match"); !match.empty()) {
    if (HasEtag(match, etag)) return 304;
  } else if (const auto& date = request.Header("if-modified-since"); !date.empty()) {
    if (!IsNewer(modified_at, date, true)) return 304;
  }
  return 200;
}

bool RangeCounts(const HttpRequest& request, const std::string& etag, TimestampMicros modified_at) {
  const std::string& known = request.Header("if-range");
  return known.empty() || known == etag || known == FormatHttpDate(modified_at);
}

}  // namespace icefall::s3proxy
