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

TEST_F(S3CredentialsTest, ContainersAreAskedAgainBeforeTheirKeysExpire) {
  const auto answer = [](const std::string& id, const std::string& expiry) {
    return ScriptedAnswer{200,
                          {},
                          "{\"AccessKeyId\":\"" + id +
                              "\",\"SecretAccessKey\":\"s\","
                              "\"Token\":\"t\",\"Expiration\":\"" +
                              expiry + "\"}"};
  };
  ScriptedServer server({answer("first", "2024-01-01T01:00:00Z"),
                         answer("second", "2024-01-01T02:00:00Z"),
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

}  // namespace
}  // namespace icefall
