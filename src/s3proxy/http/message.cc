#include "s3proxy/http/message.h"

#include <array>
#include <ctime>

#include <fmt/format.h>

namespace icefall::s3proxy {

const std::string& HttpRequest::Header(const std::string& name) const {
  static const std::string kNone;
  const auto found = headers.find(name);
  return found == headers.end() ? kNone : found->second;
}

const char* ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 412:
      return "Precondition Failed";
    case 416:
      return "Range Not Satisfiable";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

std::string FormatHttpDate(int64_t timestamp_micros) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = timestamp_micros / 1'000'000;
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDays.at(static_cast<size_t>(time.tm_wday)), time.tm_mday,
                     kMonths.at(static_cast<size_t>(time.tm_mon)), time.tm_year + 1900,
                     time.tm_hour, time.tm_min, time.tm_sec);
}

}  // namespace icefall::s3proxy
