#include "log/icefall/json.h"

#include <unordered_set>
#include <vector>

#include <fmt/format.h>

namespace icefall {
namespace {

// Below this many members a linear search is cheaper than a hash set.
constexpr size_t kLinearSearchMax = 16;
// As many as most objects of a commit line have.
constexpr size_t kMembersReserved = 10;

// Builds the document from parser events; returning false stops the parser, which neither recurses
// nor throws in this mode.
class Builder : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Add(Json(nullptr)); }
  bool boolean(bool value) override { return Add(Json(value)); }
  bool number_integer(number_integer_t value) override { return Add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Add(Json(value)); }
  bool number_float(number_float_t, const string_t& text) override {
    return Add(Json::binary(Json::binary_t::container_type(text.begin(), text.end())));
  }
  bool string(string_t& value) override { return Add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(NewObject()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    const Json::object_t& members = level.value->get_ref<const Json::object_t&>();
    bool fresh = true;
    if (members.size() < kLinearSearchMax) {
      for (const auto& member : members) fresh = fresh && member.first != name;
    } else {
      if (level.names.empty()) {
        for (const auto& member : members) level.names.insert(member.first);
      }
      fresh = level.names.insert(name).second;
    }
    if (!fresh) {
      problem_ = fmt::format("member \"{}\" appears twice in one object", name);
      return false;
    }
    level.key = std::move(name);
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& exception) override {
    // Out-of-range numbers come this way, too; the exception is a value here, never thrown.
    problem_ = fmt::format("no JSON at byte {}: {}", position, exception.what());
    return false;
  }

  Json& root() { return root_; }
  const std::string& problem() const { return problem_; }

 private:
  struct Level {
    Json* value;
    std::string key;
    std::unordered_set<std::string> names;  // filled for large objects only
  };

  Json* Place(Json&& value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.value->is_array()) {
      auto& elements = level.value->get_ref<Json::array_t&>();
      elements.push_back(std::move(value));
      return &elements.back();
    }
    // push_back of the underlying vector: emplace would search for the key again.
    auto& members = level.value->get_ref<Json::object_t&>();
    std::vector<std::pair<const std::string, Json>>& vector = members;
    vector.emplace_back(std::move(level.key), std::move(value));
    return &vector.back().second;
  }

  bool Add(Json&& value) {
    Place(std::move(value));
    return true;
  }

  bool Open(Json&& value) {
    if (levels_.size() >= kJsonDepthMax) {
      problem_ = fmt::format("nested deeper than {} levels", kJsonDepthMax);
      return false;
    }
    Json* placed = Place(std::move(value));
    levels_.push_back({placed, {}, {}});
    return true;
  }

  bool Close() {
    levels_.pop_back();
    return true;
  }

  // A parent's elements do not move while a child is open, so the pointers in `levels_` hold.
  Json root_;
  std::vector<Level> levels_;
  std::string problem_;
};

bool IsPlain(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) return false;
  }
  return true;
}

// False when nested too deeply.
bool Write(const Json& json, size_t depth, std::string& out) {
  switch (json.type()) {
    case Json::value_t::object: {
      if (depth >= kJsonDepthMax) return false;
      out += '{';
      bool first = true;
      for (const auto& [key, value] : json.get_ref<const Json::object_t&>()) {
        if (!first) out += ',';
        first = false;
        AppendJsonText(key, out);
        out += ':';
        if (!Write(value, depth + 1, out)) return false;
      }
      out += '}';
      return true;
    }
    case Json::value_t::array: {
      if (depth >= kJsonDepthMax) return false;
      out += '[';
      bool first = true;
      for (const Json& element : json.get_ref<const Json::array_t&>()) {
        if (!first) out += ',';
        first = false;
        if (!Write(element, depth + 1, out)) return false;
      }
      out += ']';
      return true;
    }
    case Json::value_t::string:
      AppendJsonText(json.get_ref<const std::string&>(), out);
      return true;
    case Json::value_t::binary:
      out.append(json.get_binary().begin(), json.get_binary().end());
      return true;
    case Json::value_t::number_unsigned:
      out += fmt::format_int(json.get<uint64_t>()).str();
      return true;
    default:
      out += json.dump();
      return true;
  }
}

const Json& EmptyArray() {
  static const Json empty = Json::array();
  return empty;
}

const Json& EmptyObject() {
  static const Json empty = Json::object();
  return empty;
}

std::string_view TypeName(Json::value_t type) {
  switch (type) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::string:
      return "a text";
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::number_unsigned:
      return "an unsigned integer";
    case Json::value_t::number_integer:
      return "a negative integer";
    default:
      return "a number that is no 64-bit integer";
  }
}

std::string WrongType(Json::value_t expected, const Json& found) {
  return fmt::format("expected {}, found {}", TypeName(expected), TypeName(found.type()));
}

}  // namespace

Json NewObject() {
  Json json = Json::object();
  json.get_ref<Json::object_t&>().reserve(kMembersReserved);
  return json;
}

void AppendJsonText(std::string_view text, std::string& out) {
  if (!IsPlain(text)) {
    out += Json(text).dump();
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

Result<Json> ParseJson(std::string_view text) {
  Builder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return Fail(ErrorCode::kCorruption, builder.problem());
  }
  return std::move(builder.root());
}

Result<std::string> WriteJson(const Json& json) {
  std::string out;
  ICEFALL_RETURN_IF_ERROR(AppendJson(json, 0, out));
  return out;
}

Result<void> AppendJson(const Json& json, size_t depth, std::string& out) {
  try {
    if (!Write(json, depth, out)) {
      return Fail(ErrorCode::kUnsupported,
                  fmt::format("a value nested deeper than {} levels of JSON", kJsonDepthMax));
    }
  } catch (const Json::exception& exception) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("a text that is not UTF-8: {}", exception.what()));
  }
  return {};
}

void DecodeStatus::Fail(std::string_view where, std::string_view problem) {
  if (ok()) error_.emplace(ErrorCode::kCorruption, fmt::format("{}: {}", where, problem));
}

void DecodeStatus::Fail(Error error) {
  if (ok()) error_.emplace(std::move(error));
}

JsonFields::JsonFields(const Json& json, std::string_view where, DecodeStatus& status)
    : json_(json.is_object() ? json : EmptyObject()), where_(where), status_(status) {
  if (!json.is_object()) status_.Fail(where, WrongType(Json::value_t::object, json));
}

const Json* JsonFields::Find(std::string_view key) const {
  for (const auto& member : json_.get_ref<const Json::object_t&>()) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

const Json* JsonFields::Expect(std::string_view key, bool required, Json::value_t type) const {
  const Json* found = Find(key);
  if (found == nullptr) {
    if (required) FailAt(key, fmt::format("expected {}, found nothing", TypeName(type)));
    return nullptr;
  }
  if (found->type() != type) {
    FailAt(key, WrongType(type, *found));
    return nullptr;
  }
  return found;
}

void JsonFields::FailAt(std::string_view key, std::string_view problem) const {
  status_.Fail(fmt::format("{}.{}", where_, key), problem);
}

uint64_t JsonFields::Unsigned(std::string_view key) const {
  const Json* found = Expect(key, true, Json::value_t::number_unsigned);
  return found ? found->get<uint64_t>() : 0;
}

uint64_t JsonFields::BoundedTo(std::string_view key, uint64_t limit) const {
  const uint64_t number = Unsigned(key);
  if (number > limit) FailAt(key, fmt::format("expected at most {}, found {}", limit, number));
  return number > limit ? 0 : number;
}

std::string JsonFields::Text(std::string_view key) const {
  const Json* found = Expect(key, true, Json::value_t::string);
  return found ? found->get<std::string>() : std::string();
}

const Json& JsonFields::Array(std::string_view key) const {
  const Json* found = Expect(key, true, Json::value_t::array);
  return found ? *found : EmptyArray();
}

const Json& JsonFields::Object(std::string_view key) const {
  const Json* found = Expect(key, true, Json::value_t::object);
  return found ? *found : EmptyObject();
}

uint64_t JsonFields::UnsignedOr(std::string_view key, uint64_t otherwise) const {
  const Json* found = Expect(key, false, Json::value_t::number_unsigned);
  return found ? found->get<uint64_t>() : otherwise;
}

bool JsonFields::BoolOr(std::string_view key, bool otherwise) const {
  const Json* found = Expect(key, false, Json::value_t::boolean);
  return found ? found->get<bool>() : otherwise;
}

std::optional<std::string> JsonFields::OptionalText(std::string_view key) const {
  const Json* found = Expect(key, false, Json::value_t::string);
  if (found == nullptr) return std::nullopt;
  return found->get<std::string>();
}

const Json& JsonFields::ArrayOrEmpty(std::string_view key) const {
  const Json* found = Expect(key, false, Json::value_t::array);
  return found ? *found : EmptyArray();
}

const Json& JsonFields::ObjectOrEmpty(std::string_view key) const {
  const Json* found = Expect(key, false, Json::value_t::object);
  return found ? *found : EmptyObject();
}

std::map<std::string, std::string> JsonFields::TextMapOrEmpty(std::string_view key) const {
  std::map<std::string, std::string> map;
  for (const auto& [name, value] : ObjectOrEmpty(key).get_ref<const Json::object_t&>()) {
    map.emplace(name, ElementText(value, fmt::format("{}.{}.{}", where_, key, name), status_));
  }
  return map;
}

uint64_t ElementUnsigned(const Json& element, std::string_view where, DecodeStatus& status) {
  if (element.is_number_unsigned()) return element.get<uint64_t>();
  status.Fail(where, WrongType(Json::value_t::number_unsigned, element));
  return 0;
}

std::string ElementText(const Json& element, std::string_view where, DecodeStatus& status) {
  if (element.is_string()) return element.get<std::string>();
  status.Fail(where, WrongType(Json::value_t::string, element));
  return {};
}

}  // namespace icefall
