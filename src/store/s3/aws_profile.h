// The files of settings and keys that the AWS tools share.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "store/s3/s3_location.h"

namespace icefall {

// The value of `name` in section `[profile]` or `[profile <profile>]` of such a file's text.
std::optional<std::string> ProfileValue(std::string_view file, std::string_view profile,
                                        std::string_view name);

// One profile of them, `default` where none is named.
class AwsProfile {
 public:
  AwsProfile(std::string profile, const Environment& environment);

  const std::string& name() const { return name_; }
  // AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, AWS_CONFIG_FILE or ~/.aws/config.
  const std::string& credentials_path() const { return paths_[0]; }
  const std::string& config_path() const { return paths_[1]; }

  // Such as `region`, from the first of the two files that has it; nothing without such a file.
  std::optional<std::string> Setting(std::string_view name) const;
  // The keys of the first file that has both.
  std::optional<S3Credentials> Keys() const;

 private:
  std::string name_;
  std::array<std::string, 2> paths_;
};

}  // namespace icefall
