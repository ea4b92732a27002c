#include "sql/icedb/query_text.h"

#include <algorithm>
#include <cctype>

namespace icefall {
namespace {

bool IsNameByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

// Where what begins at `begin` and is no place for names ends; `begin` when nothing such does.
size_t EndOfOther(std::string_view text, size_t begin) {
  const auto end_after = [&](std::string_view mark, size_t from) {
    const size_t found = text.find(mark, from);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  const char c = text[begin];
  if (c == '\'' || c == '"') return end_after(text.substr(begin, 1), begin + 1);
  if (text.substr(begin, 2) == "--") return end_after("\n", begin + 2);
  if (text.substr(begin, 2) == "/*") return end_after("*/", begin + 2);
  return begin;
}

}  // namespace

std::string ReplaceName(std::string_view query, std::string_view name,
                        std::string_view replacement) {
  std::string text;
  for (size_t i = 0; i < query.size();) {
    size_t end = EndOfOther(query, i);
    if (end == i && IsNameByte(query[i])) {
      while (end < query.size() && IsNameByte(query[end])) ++end;
      if (query.substr(i, end - i) == name) {
        text += replacement;
        i = end;
        continue;
      }
    }
    end = std::max(end, i + 1);
    text += query.substr(i, end - i);
    i = end;
  }
  return text;
}

}  // namespace icefall
