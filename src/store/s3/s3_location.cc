#include "store/s3/s3_location.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/percent_encoding.h"
#include "store/s3/aws_profile.h"

namespace icefall {
namespace {

std::string_view WithoutSlashes(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

// Amazon's rule, and the dots and underscores that others allow.
bool IsBucketName(std::string_view name) {
  return name.size() >= 3 && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
                     }) &&
         name.front() != '.' && name.front() != '-';
}

using Options = std::map<std::string, std::string>;

Result<Options> ParseOptions(std::string_view text, std::string_view location) {
  static constexpr std::string_view kKnown[] = {
      "endpoint",      "region",          "addressing",          "profile",
      "ca_bundle",     "anonymous",       "access_key_id",       "secret_access_key",
      "session_token", "cache_directory", "cache_size_bytes_max"};
  Options options;
  while (!text.empty()) {
    const std::string_view option = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), option.size() + 1));
    if (option.empty()) continue;
    const std::string name(option.substr(0, option.find('=')));
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown)) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("store location 's3:{}': unknown option '{}', expected one of {}",
                              location, name, fmt::join(kKnown, ", ")));
    }
    options[name] = PercentDecode(option.substr(std::min(option.size(), name.size() + 1)));
  }
  return options;
}

Result<void> SetEndpoint(std::string endpoint, S3Location& location) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const bool has_scheme = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  const size_t host = endpoint.find("//") + 2;
  if (!has_scheme || endpoint.size() == host || endpoint.find('/', host) != std::string::npos) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("store location '{}': expected an endpoint such as "
                            "https://host:port, found '{}'",
                            location.Display(), endpoint));
  }
  location.endpoint = std::move(endpoint);
  location.custom_endpoint = true;
  return {};
}

// No name can go in front of an address.
Result<void> CheckAddressing(const S3Location& location) {
  if (location.path_style || !location.custom_endpoint) return {};
  const std::string_view endpoint = location.endpoint;
  const std::string_view host = endpoint.substr(endpoint.find("//") + 2);
  const std::string_view name = host.substr(0, host.find(':'));
  const bool is_address =
      host.starts_with('[') || name.find_first_not_of("0123456789.") == std::string_view::npos;
  if (!is_address) return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("store location '{}': expected an endpoint with a host's name for "
                          "addressing=virtual, found '{}'",
                          location.Display(), location.endpoint));
}

Result<void> SetCacheSize(const std::string& text, S3Location& location) {
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, location.cache_size_bytes_max);
  if (code == std::errc() && stop == end) return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("store location '{}': expected cache_size_bytes_max to be a number of "
                          "bytes, found '{}'",
                          location.Display(), text));
}

Result<bool> OneOf(const S3Location& location, std::string_view option, const std::string& value,
                   std::string_view yes, std::string_view no) {
  if (value == yes) return true;
  if (value == no) return false;
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("store location '{}': expected {} to be {} or {}, found '{}'",
                          location.Display(), option, yes, no, value));
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

Result<S3Location> S3Location::Parse(std::string_view rest, const Environment& environment) {
  S3Location result;
  const size_t question = std::min(rest.find('?'), rest.size());
  const std::string_view path = rest.substr(0, question);
  const std::string_view after = path.starts_with("//") ? path.substr(2) : std::string_view();
  result.bucket = after.substr(0, after.find('/'));
  if (!IsBucketName(result.bucket)) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("store location 's3:{}': expected s3://bucket/prefix, found '{}' in "
                            "the bucket's place",
                            path, result.bucket));
  }
  result.prefix = WithoutSlashes(after.substr(result.bucket.size()));
  ICEFALL_ASSIGN_OR_RETURN(Options options,
                           ParseOptions(rest.substr(std::min(rest.size(), question + 1)), path));
  const auto choose = [&](const std::string& option,
                          std::initializer_list<const char*> variables) -> std::string {
    if (const auto found = options.find(option); found != options.end()) return found->second;
    for (const char* variable : variables) {
      if (auto value = environment(variable)) return *value;
    }
    return {};
  };
  result.profile = choose("profile", {"AWS_PROFILE"});
  const AwsProfile profile(result.profile, environment);
  const auto choose_with_profile = [&](const std::string& option, const char* setting,
                                       std::initializer_list<const char*> variables) {
    std::string value = choose(option, variables);
    return value.empty() ? profile.Setting(setting).value_or("") : value;
  };
  result.region = choose_with_profile("region", "region", {"AWS_REGION", "AWS_DEFAULT_REGION"});
  result.ca_bundle = choose_with_profile("ca_bundle", "ca_bundle", {"AWS_CA_BUNDLE"});
  result.cache_directory = choose("cache_directory", {"ICEFALL_CACHE_DIRECTORY"});
  if (const auto size = choose("cache_size_bytes_max", {"ICEFALL_CACHE_SIZE_BYTES_MAX"});
      !size.empty()) {
    ICEFALL_RETURN_IF_ERROR(SetCacheSize(size, result));
  }
  result.credentials = {choose("access_key_id", {}), choose("secret_access_key", {}),
                        choose("session_token", {}), INT64_MAX};
  if (result.credentials.access_key_id.empty() != result.credentials.secret_access_key.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("store location '{}': expected access_key_id and secret_access_key "
                            "together, found one of them",
                            result.Display()));
  }
  const std::string anonymous = choose("anonymous", {});
  if (!anonymous.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(result.anonymous,
                             OneOf(result, "anonymous", anonymous, "true", "false"));
  }
  std::string endpoint =
      choose_with_profile("endpoint", "endpoint_url", {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (!endpoint.empty()) ICEFALL_RETURN_IF_ERROR(SetEndpoint(std::move(endpoint), result));
  result.path_style = result.custom_endpoint || result.bucket.find('.') != std::string::npos;
  const std::string addressing = choose("addressing", {});
  if (!addressing.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(result.path_style,
                             OneOf(result, "addressing", addressing, "path", "virtual"));
  }
  ICEFALL_RETURN_IF_ERROR(CheckAddressing(result));
  return result;
}

std::string S3Location::BaseUrl() const {
  const std::string base = custom_endpoint ? endpoint
                                           : fmt::format("https://s3.{}.amazonaws.com",
                                                         region.empty() ? "us-east-1" : region);
  if (path_style) return base;
  const size_t host = base.find("//") + 2;
  return base.substr(0, host) + bucket + "." + base.substr(host);
}

std::string S3Location::Host() const {
  const std::string url = BaseUrl();
  return url.substr(url.find("//") + 2);
}

std::string S3Location::EncodedPath(std::string_view key) const {
  const std::string path = "/" + UriEncode(key, false);
  return path_style ? "/" + bucket + (key.empty() ? "" : path) : path;
}

std::string S3Location::Display() const {
  return prefix.empty() ? "s3://" + bucket : fmt::format("s3://{}/{}", bucket, prefix);
}

}  // namespace icefall
