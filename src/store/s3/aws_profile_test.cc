#include "store/s3/aws_profile.h"

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(AwsProfileTest, ValuesAreInTheSectionOfTheProfile) {
  const std::string_view file =
      "region = outside\n[default]\r\nregion=eu-west-1\r\n\n# region = no\n[profile odd one]\n"
      "  region  =  us-west-2 \n endpoint_url = http://127.0.0.1:9000/?a=b\n[last]\nregion=";
  EXPECT_EQ(ProfileValue(file, "default", "region"), "eu-west-1");
  EXPECT_EQ(ProfileValue(file, "odd one", "region"), "us-west-2");
  EXPECT_EQ(ProfileValue(file, "odd one", "endpoint_url"), "http://127.0.0.1:9000/?a=b");
  EXPECT_EQ(ProfileValue(file, "last", "region"), "");
  EXPECT_EQ(ProfileValue(file, "default", "endpoint_url"), std::nullopt);
  EXPECT_EQ(ProfileValue(file, "none", "region"), std::nullopt);
}

TEST(AwsProfileTest, VariablesNameTheFiles) {
  const AwsProfile usual("", [](const std::string& name) {
    return name == "HOME" ? std::optional<std::string>("/nowhere") : std::nullopt;
  });
  EXPECT_EQ(usual.name(), "default");
  EXPECT_EQ(usual.credentials_path(), "/nowhere/.aws/credentials");
  EXPECT_EQ(usual.config_path(), "/nowhere/.aws/config");
  EXPECT_EQ(usual.Setting("region"), std::nullopt);
  EXPECT_FALSE(usual.Keys().has_value());
  const AwsProfile named("work", [](const std::string& name) { return "/of/" + name; });
  EXPECT_EQ(named.credentials_path(), "/of/AWS_SHARED_CREDENTIALS_FILE");
  EXPECT_EQ(named.config_path(), "/of/AWS_CONFIG_FILE");
}

}  // namespace
}  // namespace icefall
