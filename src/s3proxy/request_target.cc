#include "s3proxy/request_target.h"

#include <algorithm>

#include "base/percent_encoding.h"

namespace icefall::s3proxy {
namespace {

std::string DecodeQuery(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return PercentDecode(spaced);
}

// The target without "http://host", which proxies send.
std::string_view WithoutOrigin(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const size_t path = target.find('/', scheme.size());
    return path == std::string_view::npos ? "/" : target.substr(path);
  }
  return target;
}

// The part of the host's name before ".<domain>"; empty without.
std::string_view BucketOfHost(std::string_view host, std::string_view domain) {
  if (domain.empty()) return {};
  host = host.substr(0, host.rfind(':'));
  if (!host.ends_with(domain) || host.size() < domain.size() + 2) return {};
  host.remove_suffix(domain.size());
  if (!host.ends_with('.')) return {};
  host.remove_suffix(1);
  return host;
}

}  // namespace

bool RequestTarget::Has(std::string_view name) const {
  return std::ranges::any_of(query, [name](const auto& part) { return part.first == name; });
}

std::string RequestTarget::Value(std::string_view name) const {
  const auto found = std::ranges::find_if(query, [name](const auto& p) { return p.first == name; });
  return found == query.end() ? "" : found->second;
}

RequestTarget ParseTarget(const HttpRequest& request, std::string_view domain) {
  std::string_view text = WithoutOrigin(request.target);
  text = text.substr(0, text.find('#'));
  const size_t question = std::min(text.find('?'), text.size());
  RequestTarget target;
  target.raw_path = text.substr(0, question);
  if (!target.raw_path.starts_with('/')) target.raw_path.insert(0, "/");
  target.path = PercentDecode(target.raw_path);
  std::string_view query = text.substr(std::min(question + 1, text.size()));
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part.empty()) continue;
    const size_t equals = std::min(part.find('='), part.size());
    target.query.emplace_back(DecodeQuery(part.substr(0, equals)),
                              DecodeQuery(part.substr(std::min(equals + 1, part.size()))));
  }
  target.bucket = BucketOfHost(request.Header("host"), domain);
  if (!target.bucket.empty()) {
    target.key = target.path.substr(1);
    return target;
  }
  const size_t slash = std::min(target.raw_path.find('/', 1), target.raw_path.size());
  target.bucket = PercentDecode(std::string_view(target.raw_path).substr(1, slash - 1));
  target.key = PercentDecode(
      std::string_view(target.raw_path).substr(std::min(slash + 1, target.raw_path.size())));
  return target;
}

}  // namespace icefall::s3proxy
