// Strict JSON for files that others may have written: bounded depth, no duplicate keys, numbers
// kept to the digit, and typed access whose errors name the member.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace icefall {

// Members keep their order. A number that is not a 64-bit integer is held as its text (in a
// `binary` value), because a double would lose digits of inlined DECIMAL and HUGEINT values.
using Json = nlohmann::ordered_json;

// Deeper documents are refused, so that no file can exhaust the stack.
inline constexpr size_t kJsonDepthMax = 64;

// An empty object with room for the members of most objects of a commit line: growing copies every
// key, because the container holds them as constants.
Json NewObject();

// Parses one document. Error: kCorruption saying where and what, for text that is no JSON, is
// nested too deeply, or names a member twice.
Result<Json> ParseJson(std::string_view text);

// Compact text; what ParseJson reads back as the same value. Errors: kInvalidArgument for text that
// is not UTF-8; kUnsupported when nested deeper than kJsonDepthMax.
Result<std::string> WriteJson(const Json& json);
// The same behind what `out` has; `depth` is that of the value in its document.
Result<void> AppendJson(const Json& json, size_t depth, std::string& out);
// As a string of JSON. Throws Json::exception for text that is not UTF-8.
void AppendJsonText(std::string_view text, std::string& out);

// The first thing wrong with a document; what is decoded after it is meaningless.
class DecodeStatus {
 public:
  bool ok() const { return !error_.has_value(); }
  void Fail(std::string_view where, std::string_view problem);
  void Fail(Error error);
  // The error as a Result. Precondition: !ok().
  std::unexpected<Error> Take() { return std::unexpected<Error>(*std::move(error_)); }

 private:
  std::optional<Error> error_;
};

// Typed members of one object. A failure goes to the status, and the call answers an empty value.
// Lends `json` and `status`.
class JsonFields {
 public:
  JsonFields(const Json& json, std::string_view where, DecodeStatus& status);

  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  // Required members.
  uint64_t Unsigned(std::string_view key) const;
  std::string Text(std::string_view key) const;
  const Json& Array(std::string_view key) const;
  const Json& Object(std::string_view key) const;
  // Optional members: absent gives the empty value.
  uint64_t UnsignedOr(std::string_view key, uint64_t otherwise) const;
  bool BoolOr(std::string_view key, bool otherwise) const;
  std::optional<std::string> OptionalText(std::string_view key) const;
  const Json& ArrayOrEmpty(std::string_view key) const;
  const Json& ObjectOrEmpty(std::string_view key) const;
  // An object of texts.
  std::map<std::string, std::string> TextMapOrEmpty(std::string_view key) const;

  // Number with an upper bound.
  template <typename Number>
  Number Bounded(std::string_view key) const {
    return static_cast<Number>(BoundedTo(key, std::numeric_limits<Number>::max()));
  }

  void FailAt(std::string_view key, std::string_view problem) const;
  DecodeStatus& status() const { return status_; }

 private:
  const Json* Find(std::string_view key) const;
  const Json* Expect(std::string_view key, bool required, Json::value_t type) const;
  uint64_t BoundedTo(std::string_view key, uint64_t limit) const;

  const Json& json_;
  std::string where_;
  DecodeStatus& status_;
};

// An array's element as a number or text, checked as above.
uint64_t ElementUnsigned(const Json& element, std::string_view where, DecodeStatus& status);
std::string ElementText(const Json& element, std::string_view where, DecodeStatus& status);

}  // namespace icefall
