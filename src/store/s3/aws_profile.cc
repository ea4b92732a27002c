#include "store/s3/aws_profile.h"

#include <algorithm>
#include <utility>

#include "store/s3/text_file.h"

namespace icefall {

std::optional<std::string> ProfileValue(std::string_view file, std::string_view profile,
                                        std::string_view name) {
  bool inside = false;
  while (!file.empty()) {
    const std::string_view line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(file.size(), line.size() + 1));
    const std::string_view text = Trim(line);
    if (text.starts_with('[') && text.ends_with(']')) {
      std::string_view section = Trim(text.substr(1, text.size() - 2));
      if (section.starts_with("profile ")) section = Trim(section.substr(8));
      inside = section == profile;
      continue;
    }
    const size_t equals = text.find('=');
    if (!inside || text.starts_with('#') || equals == std::string_view::npos) continue;
    if (Trim(text.substr(0, equals)) == name) return std::string(Trim(text.substr(equals + 1)));
  }
  return std::nullopt;
}

AwsProfile::AwsProfile(std::string profile, const Environment& environment)
    : name_(profile.empty() ? "default" : std::move(profile)) {
  const std::string folder = environment("HOME").value_or("") + "/.aws/";
  paths_ = {environment("AWS_SHARED_CREDENTIALS_FILE").value_or(folder + "credentials"),
            environment("AWS_CONFIG_FILE").value_or(folder + "config")};
}

std::optional<std::string> AwsProfile::Setting(std::string_view name) const {
  for (const std::string& path : paths_) {
    auto value = ProfileValue(ReadTextFile(path).value_or(""), name_, name);
    if (value && !value->empty()) return value;
  }
  return std::nullopt;
}

std::optional<S3Credentials> AwsProfile::Keys() const {
  for (const std::string& path : paths_) {
    const std::string text = ReadTextFile(path).value_or("");
    auto id = ProfileValue(text, name_, "aws_access_key_id");
    auto secret = ProfileValue(text, name_, "aws_secret_access_key");
    if (!id || !secret) continue;
    return S3Credentials{*std::move(id), *std::move(secret),
                         ProfileValue(text, name_, "aws_session_token").value_or(""), INT64_MAX};
  }
  return std::nullopt;
}

}  // namespace icefall
