#include "store/s3/http_client.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

namespace icefall {
namespace {

struct GlobalCurl {
  GlobalCurl() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

struct Transfer {
  HttpResponse response;
  std::string_view to_send;
  uint64_t body_size_max = 0;
  bool too_large = false;
};

size_t OnBody(char* bytes, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (size > transfer.body_size_max - transfer.response.body.size()) {
    transfer.too_large = true;
    return 0;
  }
  transfer.response.body.append(bytes, size);
  return size;
}

size_t OnHeader(char* bytes, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(bytes, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  // An interim answer such as 100 has headers of its own.
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  line.remove_prefix(colon + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  transfer.response.headers[name] = line;
  return size;
}

size_t OnRead(char* target, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t count = std::min(size, transfer.to_send.size());
  std::memcpy(target, transfer.to_send.data(), count);
  transfer.to_send.remove_prefix(count);
  return count;
}

bool NeverArrived(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return true;
    default:
      return false;
  }
}

// "https://host:port" of a URL.
std::string_view ServerOf(std::string_view url) {
  const size_t host = url.find("//");
  return host == std::string_view::npos ? url : url.substr(0, url.find('/', host + 2));
}

// The names that the server's certificate is for, where libcurl came as far as to look at them.
std::string NamesInCertificate(CURL* curl) {
  constexpr std::string_view kNames = "X509v3 Subject Alternative Name:";
  curl_certinfo* chain = nullptr;
  const CURLcode code = curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain);
  if (code != CURLE_OK || chain == nullptr || chain->num_of_certs == 0) return {};
  for (const curl_slist* item = chain->certinfo[0]; item != nullptr; item = item->next) {
    const std::string_view text = item->data;
    if (text.starts_with(kNames)) {
      return fmt::format(" (it is for {})", text.substr(kNames.size()));
    }
  }
  return {};
}

// Whether the two sides do not agree on TLS: what the library read was no TLS, or of a version,
// with ciphers or a certificate that one of them refuses, which the next attempt finds again. A
// connection that was cut in the middle of it may do better.
bool IsDisagreement(CURLcode code, std::string_view reason) {
  return code == CURLE_SSL_CONNECT_ERROR && reason.find("SSL routines") != std::string_view::npos &&
         reason.find("unexpected eof") == std::string_view::npos &&
         reason.find("internal error") == std::string_view::npos;
}

// The error of a server that libcurl would not talk to, now or later, if that is why.
std::optional<Error> Distrust(CURL* curl, CURLcode code, const std::string& url,
                              const std::string& ca_bundle, std::string_view reason) {
  if (code == CURLE_SSL_CACERT_BADFILE) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{}: expected a file of certificates (PEM) at '{}', which ca_bundle "
                             "or AWS_CA_BUNDLE names, found: {}",
                             ServerOf(url), ca_bundle, reason));
  }
  if (IsDisagreement(code, reason)) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: expected TLS, of a version and with a certificate that both sides "
                    "take, found: {}",
                    ServerOf(url), reason));
  }
  if (code != CURLE_PEER_FAILED_VERIFICATION) return std::nullopt;
  const std::string trusted =
      ca_bundle.empty() ? "the system trusts" : fmt::format("'{}' holds", ca_bundle);
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: expected a certificate for this host from an authority that {}, found: "
                  "{}{}; ca_bundle or AWS_CA_BUNDLE names a file of authorities to trust",
                  ServerOf(url), trusted, reason, NamesInCertificate(curl)));
}

}  // namespace

std::string HttpResponse::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

struct HttpClient::Handle {
  Handle() : curl(curl_easy_init()) {}
  ~Handle() { curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  CURL* const curl;
};

HttpClient::HttpClient(Settings settings) : settings_(std::move(settings)) {
  static const GlobalCurl once;
}

HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Handle> HttpClient::Take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Handle>();
  auto handle = std::move(idle_.back());
  idle_.pop_back();
  return handle;
}

void HttpClient::GiveBack(std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
}

Result<HttpResponse> HttpClient::Send(const HttpRequest& request) {
  auto handle = Take();
  CURL* const curl = handle->curl;
  if (curl == nullptr) return Fail(ErrorCode::kResourceExhausted, "libcurl gave no handle");
  curl_easy_reset(curl);  // keeps connections
  Transfer transfer;
  transfer.to_send = request.body;
  transfer.body_size_max = settings_.body_size_max;
  char reason[CURL_ERROR_SIZE] = "";
  curl_slist* headers = nullptr;
  for (const auto& [name, value] : request.headers) {
    // libcurl drops a header without a value unless it ends in a semicolon.
    const auto line = value.empty() ? name + ";" : fmt::format("{}: {}", name, value);
    headers = curl_slist_append(headers, line.c_str());
  }
  headers = curl_slist_append(headers, "Expect:");
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, settings_.connect_timeout_ms);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                   std::max<long>(1, settings_.stall_timeout_ms / 1000));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
  if (!settings_.ca_bundle.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, settings_.ca_bundle.c_str());
  }
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, OnRead);
    curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK) {
    GiveBack(std::move(handle));
    transfer.response.status = static_cast<int>(status);
    return std::move(transfer.response);
  }
  // A connection that failed is not used again.
  const char* const why = *reason != '\0' ? reason : curl_easy_strerror(code);
  if (auto error = Distrust(curl, code, request.url, settings_.ca_bundle, why)) {
    return Fail(*std::move(error));
  }
  if (transfer.too_large) {
    return Fail(ErrorCode::kResourceExhausted,
                fmt::format("{} {}: expected at most {} bytes, found more", request.method,
                            request.url, settings_.body_size_max));
  }
  return Fail(NeverArrived(code) ? ErrorCode::kUnavailable : ErrorCode::kOutcomeUnknown,
              fmt::format("{} {}: {}", request.method, request.url, why));
}

}  // namespace icefall
