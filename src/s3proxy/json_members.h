// Members of a JSON object, each asked for once; what nobody asked for is an error.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace icefall::s3proxy {

// After the first failed call the others answer what they answer for an absent member; Finish tells
// the failure.
class JsonMembers {
 public:
  // `name` stands for the object in messages: "buckets[0]". `object` must outlive it.
  JsonMembers(const nlohmann::json& object, std::string name);

  // Null for an absent member.
  const nlohmann::json* Find(const std::string& member);

  std::optional<std::string> Text(const std::string& member);
  std::optional<uint64_t> Number(const std::string& member, uint64_t min, uint64_t max);
  std::optional<bool> Flag(const std::string& member);
  // Nothing for an absent member; a list of texts.
  std::optional<std::vector<std::string>> Texts(const std::string& member);
  // Fails when it is absent or empty.
  std::string RequiredText(const std::string& member);
  // The members of a list of objects, or of the object itself where `is_list` is false.
  std::vector<JsonMembers> Objects(const std::string& member, bool is_list = true);

  // Notes what is wrong with a member, or with the whole object where it is empty.
  void Refuse(const std::string& member, const std::string& what);
  Result<void> Finish() const;
  const std::string& name() const { return name_; }

 private:
  const nlohmann::json* object_;
  std::string name_;
  std::set<std::string> asked_;
  std::optional<Error> error_;
};

}  // namespace icefall::s3proxy
