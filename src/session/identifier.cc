#include "session/identifier.h"

namespace icefall {

namespace {

// The end of a quoted part that begins at the front of `text`; npos when it is not one.
size_t QuotedEnd(std::string_view text) {
  if (!text.starts_with('"')) return std::string_view::npos;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') continue;
    if (i + 1 < text.size() && text[i + 1] == '"') {
      ++i;
    } else {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// Takes the quotes off a part that is quoted as a whole.
std::string Unquote(std::string_view part) {
  if (QuotedEnd(part) != part.size() || part.size() < 3) return std::string(part);
  std::string name;
  for (size_t i = 1; i + 1 < part.size(); ++i) {
    name += part[i];
    if (part[i] == '"') ++i;
  }
  return name;
}

}  // namespace

QualifiedName ParseName(std::string_view text) {
  const size_t quoted = QuotedEnd(text);
  const size_t dot = text.find('.', quoted == std::string_view::npos ? 0 : quoted);
  const bool split = dot != std::string_view::npos && dot > 0 && dot + 1 < text.size();
  if (!split) return {.name = Unquote(text)};
  return {.schema = Unquote(text.substr(0, dot)), .name = Unquote(text.substr(dot + 1))};
}

std::string QuoteName(const QualifiedName& name) {
  return QuoteIdentifier(name.schema) + "." + QuoteIdentifier(name.name);
}

}  // namespace icefall
