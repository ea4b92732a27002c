#include "store/s3/s3_credentials.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "store/s3/aws_profile.h"
#include "store/s3/text_file.h"

namespace icefall {
namespace {

constexpr TimestampMicros kRenewBefore = TimestampMicros{300} * 1'000'000;

bool IsTrue(const std::optional<std::string>& value) {
  return value && std::ranges::equal(*value, std::string_view("true"), {},
                                     [](unsigned char c) { return std::tolower(c); });
}

// "2024-01-02T03:04:05Z", with or without a fraction.
TimestampMicros ExpiryOf(std::string_view text) {
  const auto parsed = ParseTimestamp(fmt::format("{}.000000Z", text.substr(0, 19)));
  return parsed ? *parsed : INT64_MAX;
}

// What the services of containers and machines answer.
std::optional<S3Credentials> ParseServiceAnswer(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto text = [&](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  S3Credentials keys{text("AccessKeyId"), text("SecretAccessKey"), text("Token"), INT64_MAX};
  if (!text("Expiration").empty()) keys.expires_at = ExpiryOf(text("Expiration"));
  if (keys.access_key_id.empty() || keys.secret_access_key.empty()) return std::nullopt;
  return keys;
}

}  // namespace

S3CredentialChain::S3CredentialChain(const S3Location& location, Environment environment,
                                     Clock& clock)
    : location_(location),
      environment_(std::move(environment)),
      clock_(clock),
      http_({.connect_timeout_ms = 1'000,
             .stall_timeout_ms = 5'000,
             .ca_bundle = location.ca_bundle,
             .body_size_max = 1 << 20}) {}

Result<S3Credentials> S3CredentialChain::Get() {
  const std::lock_guard lock(mutex_);
  const bool expires = known_ && known_->expires_at != INT64_MAX &&
                       known_->expires_at - kRenewBefore <= clock_.NowMicros();
  if (!known_ || expires) {
    ICEFALL_ASSIGN_OR_RETURN(known_, Find());
  }
  return *known_;
}

void S3CredentialChain::Forget() {
  const std::lock_guard lock(mutex_);
  known_.reset();
}

Result<S3Credentials> S3CredentialChain::Find() {
  if (location_.anonymous) return S3Credentials();
  if (!location_.credentials.access_key_id.empty()) return location_.credentials;
  const auto id = environment_("AWS_ACCESS_KEY_ID");
  const auto secret = environment_("AWS_SECRET_ACCESS_KEY");
  if (id && secret) {
    return S3Credentials{*id, *secret, environment_("AWS_SESSION_TOKEN").value_or(""), INT64_MAX};
  }
  const auto token_file = environment_("AWS_WEB_IDENTITY_TOKEN_FILE");
  const auto role = environment_("AWS_ROLE_ARN");
  if (token_file && role) return FromWebIdentity(*token_file, *role);
  ICEFALL_ASSIGN_OR_RETURN(auto profile, FromProfile());
  if (profile) return *std::move(profile);
  if (const auto url = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
    return FromContainer(*url);
  }
  if (const auto path = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    return FromContainer("http://169.254.170.2" + *path);
  }
  // Elsewhere than on Amazon's machines nobody answers, which takes a while to find out.
  const auto machine = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (!IsTrue(environment_("AWS_EC2_METADATA_DISABLED")) &&
      (machine || !location_.custom_endpoint)) {
    if (auto keys = FromMachine(machine.value_or("http://169.254.169.254"))) {
      return *std::move(keys);
    }
  }
  return S3Credentials();
}

Result<S3Credentials> S3CredentialChain::FromWebIdentity(const std::string& token_file,
                                                         const std::string& role) {
  const auto token = ReadTextFile(token_file);
  if (!token) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("AWS_WEB_IDENTITY_TOKEN_FILE: cannot read '{}'", token_file));
  }
  const auto endpoint = environment_("AWS_ENDPOINT_URL_STS");
  const std::string region = location_.region.empty() ? "us-east-1" : location_.region;
  HttpRequest request;
  request.method = "POST";
  request.url = endpoint.value_or(fmt::format("https://sts.{}.amazonaws.com", region)) + "/";
  request.headers["content-type"] = "application/x-www-form-urlencoded";
  const std::string body = fmt::format(
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}"
      "&WebIdentityToken={}",
      UriEncode(role, true),
      UriEncode(environment_("AWS_ROLE_SESSION_NAME").value_or("icefalldb"), true),
      UriEncode(Trim(*token), true));
  request.body = body;
  ICEFALL_ASSIGN_OR_RETURN(const HttpResponse response, http_.Send(request));
  pugi::xml_document document;
  document.load_buffer(response.body.data(), response.body.size());
  const auto keys = document.select_node("//Credentials").node();
  if (response.status != 200 || !keys) {
    return Fail(
        ErrorCode::kPermissionDenied,
        fmt::format("web identity for role '{}' was refused with status {}: {}", role,
                    response.status, document.select_node("//Message").node().text().get()));
  }
  return S3Credentials{keys.child_value("AccessKeyId"), keys.child_value("SecretAccessKey"),
                       keys.child_value("SessionToken"), ExpiryOf(keys.child_value("Expiration"))};
}

Result<std::optional<S3Credentials>> S3CredentialChain::FromProfile() {
  const AwsProfile profile(location_.profile, environment_);
  if (auto keys = profile.Keys()) return keys;
  if (location_.profile.empty()) return std::nullopt;
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("profile '{}': expected aws_access_key_id and aws_secret_access_key in "
                          "'{}' or '{}', found none",
                          profile.name(), profile.credentials_path(), profile.config_path()));
}

Result<S3Credentials> S3CredentialChain::FromContainer(const std::string& url) {
  HttpRequest request;
  request.url = url;
  auto token = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto file = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !token && file) {
    token = ReadTextFile(*file);
  }
  if (token) request.headers["authorization"] = Trim(*token);
  ICEFALL_ASSIGN_OR_RETURN(const HttpResponse response, http_.Send(request));
  if (auto keys = ParseServiceAnswer(response.body); keys && response.status == 200) {
    return *std::move(keys);
  }
  return Fail(
      ErrorCode::kPermissionDenied,
      fmt::format("the credential service '{}' gave no keys, status {}", url, response.status));
}

std::optional<S3Credentials> S3CredentialChain::FromMachine(std::string service) {
  while (service.ends_with('/')) service.pop_back();
  service += "/latest/";
  HttpRequest token;
  token.method = "PUT";
  token.url = service + "api/token";
  token.headers["x-aws-ec2-metadata-token-ttl-seconds"] = "21600";
  const auto session = http_.Send(token);
  if (!session || session->status != 200) return std::nullopt;
  HttpRequest request;
  request.headers["x-aws-ec2-metadata-token"] = session->body;
  request.url = service + "meta-data/iam/security-credentials/";
  const auto role = http_.Send(request);
  if (!role || role->status != 200) return std::nullopt;
  request.url += std::string(Trim(std::string_view(role->body).substr(0, role->body.find('\n'))));
  const auto keys = http_.Send(request);
  if (!keys || keys->status != 200) return std::nullopt;
  return ParseServiceAnswer(keys->body);
}

}  // namespace icefall
