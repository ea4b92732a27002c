#include "store/s3/s3_credentials.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/s3/scripted_server.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;

// What a service answers with a key of this name.
ScriptedAnswer KeysUntil(const std::string& id, const std::string& expiry) {
  return {200,
          {},
          "{\"AccessKeyId\":\"" + id + "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\"," +
              "\"Expiration\":\"" + expiry + "\"}"};
}

class S3CredentialsTest : public ::testing::Test {
 protected:
  S3CredentialsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "icefall-keys-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << pattern;
    folder_ = pattern;
    variables_["HOME"] = folder_;
    variables_["AWS_EC2_METADATA_DISABLED"] = "true";
  }
  ~S3CredentialsTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }

  std::unique_ptr<S3CredentialChain> Chain(const std::string& options = "") {
    const Environment environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    const auto location = S3Location::Parse("//lake" + options, environment);
    EXPECT_TRUE(location.has_value());
    return std::make_unique<S3CredentialChain>(*location, environment, clock_);
  }

  std::string KeyOf(const std::string& options = "") {
    const auto keys = Chain(options)->Get();
    return keys ? keys->access_key_id : "<" + keys.error().message() + ">";
  }

  std::string folder_;
  std::map<std::string, std::string> variables_;
  ManualClock clock_{*ParseTimestamp("2024-01-01T00:00:00.000000Z")};
};

TEST_F(S3CredentialsTest, NearestComesFirst) {
  EXPECT_EQ(KeyOf(), "");
  Write(".aws/credentials",
        "[other]\naws_access_key_id = no\n[default]\n# comment\n"
        "aws_access_key_id = file\naws_secret_access_key=s\n");
  EXPECT_EQ(KeyOf(), "file");
  variables_["AWS_ACCESS_KEY_ID"] = "variable";
  variables_["AWS_SECRET_ACCESS_KEY"] = "s";
  EXPECT_EQ(KeyOf(), "variable");
  EXPECT_EQ(KeyOf("?access_key_id=text&secret_access_key=s"), "text");
  EXPECT_EQ(KeyOf("?anonymous=true"), "");
}

TEST_F(S3CredentialsTest, ProfilesAreInEitherFile) {
  Write(".aws/config",
        "[profile work]\r\naws_access_key_id = w\r\naws_secret_access_key = s\r\n"
        "aws_session_token = t\r\n");
  const auto keys = Chain("?profile=work")->Get();
  ASSERT_TRUE(keys.has_value()) << keys.error().message();
  EXPECT_EQ(keys->access_key_id, "w");
  EXPECT_EQ(keys->session_token, "t");
  EXPECT_THAT(KeyOf("?profile=home"), HasSubstr("profile 'home'"));
}

TEST_F(S3CredentialsTest, ProfilesSayWhereBucketsAre) {
  Write(".aws/config",
        "[default]\nregion = eu-west-1\n[profile work]\nendpoint_url = http://h:1\n"
        "region = here\nca_bundle = /some/file\n");
  const Environment environment = [this](const std::string& name) -> std::optional<std::string> {
    const auto found = variables_.find(name);
    return found == variables_.end() ? std::nullopt : std::optional(found->second);
  };
  EXPECT_EQ(S3Location::Parse("//lake", environment)->BaseUrl(),
            "https://lake.s3.eu-west-1.amazonaws.com");
  variables_["AWS_PROFILE"] = "work";
  const auto work = S3Location::Parse("//lake", environment);
  EXPECT_EQ(work->BaseUrl(), "http://h:1");
  EXPECT_TRUE(work->path_style);
  EXPECT_EQ(work->ca_bundle, "/some/file");
  variables_["AWS_ENDPOINT_URL"] = "http://h:2";
  const auto nearer = S3Location::Parse("//lake?region=there", environment);
  EXPECT_EQ(nearer->BaseUrl(), "http://h:2");
  EXPECT_EQ(nearer->region, "there");
}

TEST_F(S3CredentialsTest, ContainersAreAskedAgainBeforeTheirKeysExpire) {
  ScriptedServer server({KeysUntil("first", "2024-01-01T01:00:00Z"),
                         KeysUntil("second", "2024-01-01T02:00:00Z"),
                         {403, {}, "no"}});
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url() + "/keys";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "let me in";
  const auto chain = Chain();
  EXPECT_EQ(chain->Get()->access_key_id, "first");
  EXPECT_EQ(chain->Get()->session_token, "t");
  EXPECT_THAT(server.requests(), ::testing::SizeIs(1));
  EXPECT_THAT(server.requests()[0], HasSubstr("authorization: let me in\r\n"));
  clock_.AdvanceMicros(int64_t{56} * 60 * 1'000'000);
  EXPECT_EQ(chain->Get()->access_key_id, "second");
  chain->Forget();
  EXPECT_EQ(chain->Get().error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(S3CredentialsTest, WebIdentitiesAreTradedForKeys) {
  ScriptedServer server(
      {{200,
        {},
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<AccessKeyId>web</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
        "</SessionToken><Expiration>2024-01-01T01:00:00Z</Expiration></Credentials>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"},
       {403, {}, "<ErrorResponse><Error><Message>who?</Message></Error></ErrorResponse>"}});
  variables_["AWS_ENDPOINT_URL_STS"] = server.url();
  variables_["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r";
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = Write("token", "jwt\n");
  EXPECT_EQ(KeyOf(), "web");
  EXPECT_THAT(server.requests()[0], HasSubstr("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"));
  EXPECT_THAT(server.requests()[0], HasSubstr("WebIdentityToken=jwt"));
  EXPECT_THAT(KeyOf(), HasSubstr("who?"));
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = folder_ + "/none";
  EXPECT_THAT(KeyOf(), HasSubstr(folder_ + "/none"));
}

TEST_F(S3CredentialsTest, MachinesAreAskedInASessionOfTheirOwn) {
  ScriptedServer server({{200, {}, "session 1"},
                         {200, {}, "the-role\n"},
                         KeysUntil("first", "2024-01-01T06:00:00Z"),
                         {200, {}, "session 2"},
                         {200, {}, "the-role"},
                         KeysUntil("second", "2024-01-01T12:00:00Z")});
  variables_["AWS_EC2_METADATA_DISABLED"] = "false";
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url() + "/";
  const auto chain = Chain();
  const auto keys = chain->Get();
  ASSERT_TRUE(keys.has_value()) << keys.error().message();
  EXPECT_EQ(keys->access_key_id, "first");
  EXPECT_EQ(keys->secret_access_key, "s");
  EXPECT_EQ(keys->session_token, "t");
  EXPECT_EQ(keys->expires_at, *ParseTimestamp("2024-01-01T06:00:00.000000Z"));
  EXPECT_EQ(chain->Get()->access_key_id, "first");
  const auto sent = server.requests();
  ASSERT_THAT(sent, ::testing::SizeIs(3));
  EXPECT_THAT(sent[0], HasSubstr("PUT /latest/api/token HTTP/1.1\r\n"));
  EXPECT_THAT(sent[0], HasSubstr("x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
  EXPECT_THAT(sent[1], HasSubstr("GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n"));
  EXPECT_THAT(sent[1], HasSubstr("x-aws-ec2-metadata-token: session 1\r\n"));
  EXPECT_THAT(sent[2], HasSubstr("GET /latest/meta-data/iam/security-credentials/the-role HTTP"));
  EXPECT_THAT(sent[2], HasSubstr("x-aws-ec2-metadata-token: session 1\r\n"));
  clock_.AdvanceMicros(int64_t{356} * 60 * 1'000'000);
  EXPECT_EQ(chain->Get()->access_key_id, "second");
  EXPECT_THAT(server.requests()[4], HasSubstr("x-aws-ec2-metadata-token: session 2\r\n"));
}

TEST_F(S3CredentialsTest, MachinesWithoutARoleGiveNoKeys) {
  ScriptedServer server({{200, {}, "session"}, {404, {}, ""}, {403, {}, ""}});
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url();
  EXPECT_EQ(KeyOf(), "");
  EXPECT_THAT(server.requests(), ::testing::SizeIs(2));
  EXPECT_EQ(KeyOf(), "");
  EXPECT_THAT(server.requests(), ::testing::SizeIs(3));
}

TEST_F(S3CredentialsTest, MachinesAreNotAskedWhereThatIsDisabled) {
  ScriptedServer server({});
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url();
  for (const char* yes : {"true", "True"}) {
    variables_["AWS_EC2_METADATA_DISABLED"] = yes;
    EXPECT_EQ(KeyOf(), "");
  }
  EXPECT_THAT(server.requests(), ::testing::IsEmpty());
}

TEST_F(S3CredentialsTest, MachinesMayHoldTheKeysOfOtherEndpoints) {
  ScriptedServer server(
      {{200, {}, "session"}, {200, {}, "role"}, KeysUntil("machine", "2024-01-01T06:00:00Z")});
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  const std::string elsewhere = "?endpoint=https://storage.example";
  EXPECT_EQ(KeyOf(elsewhere), "");
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url();
  EXPECT_EQ(KeyOf(elsewhere), "machine");
}

}  // namespace
}  // namespace icefall
