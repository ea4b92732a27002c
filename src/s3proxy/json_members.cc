#include "s3proxy/json_members.h"

#include <utility>

#include <fmt/format.h>

namespace icefall::s3proxy {

JsonMembers::JsonMembers(const nlohmann::json& object, std::string name)
    : object_(&object), name_(std::move(name)) {
  if (!object.is_object()) Refuse("", "expected an object");
}

void JsonMembers::Refuse(const std::string& member, const std::string& what) {
  if (error_) return;
  const std::string path = name_ + (name_.empty() || member.empty() ? "" : ".") + member;
  error_ = Error(ErrorCode::kInvalidArgument,
                 fmt::format("{}: {}", path.empty() ? "configuration" : path, what));
}

const nlohmann::json* JsonMembers::Find(const std::string& member) {
  asked_.insert(member);
  if (error_ || !object_->is_object()) return nullptr;
  const auto found = object_->find(member);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> JsonMembers::Text(const std::string& member) {
  const auto* value = Find(member);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  Refuse(member, "expected a text");
  return std::nullopt;
}

std::optional<uint64_t> JsonMembers::Number(const std::string& member, uint64_t min, uint64_t max) {
  const auto* value = Find(member);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<uint64_t>();
    if (number >= min && number <= max) return number;
  }
  Refuse(member, fmt::format("expected a whole number from {} to {}", min, max));
  return std::nullopt;
}

std::optional<bool> JsonMembers::Flag(const std::string& member) {
  const auto* value = Find(member);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  Refuse(member, "expected true or false");
  return std::nullopt;
}

std::optional<std::vector<std::string>> JsonMembers::Texts(const std::string& member) {
  const auto* value = Find(member);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  if (value->is_array()) {
    for (const auto& one : *value) {
      if (one.is_string()) texts.push_back(one.get<std::string>());
    }
    if (texts.size() == value->size()) return texts;
  }
  Refuse(member, "expected a list of texts");
  return std::nullopt;
}

std::string JsonMembers::RequiredText(const std::string& member) {
  const auto text = Text(member);
  if (!text || text->empty()) Refuse(member, "expected a text that is not empty");
  return text.value_or("");
}

std::vector<JsonMembers> JsonMembers::Objects(const std::string& member, bool is_list) {
  std::vector<JsonMembers> objects;
  const auto* value = Find(member);
  if (value == nullptr) return objects;
  const std::string path = name_.empty() ? member : name_ + "." + member;
  if (!is_list) {
    objects.emplace_back(*value, path);
  } else if (value->is_array()) {
    for (size_t i = 0; i < value->size(); ++i) {
      objects.emplace_back((*value)[i], fmt::format("{}[{}]", path, i));
    }
  } else {
    Refuse(member, "expected a list of objects");
  }
  return objects;
}

Result<void> JsonMembers::Finish() const {
  if (error_) return Fail(*error_);
  for (const auto& [member, value] : object_->items()) {
    if (asked_.contains(member)) continue;
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}{}{}: unknown member", name_, name_.empty() ? "" : ".", member));
  }
  return {};
}

}  // namespace icefall::s3proxy
