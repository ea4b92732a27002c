#include "tests/sqllogic/text.h"

#include <algorithm>
#include <cctype>

namespace icefall::sqllogic {
namespace {

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  size_t position = 0;
  while (position < text.size()) {
    size_t end = position;
    while (end < text.size() && !IsSpace(text[end])) ++end;
    if (end > position) words.emplace_back(text.substr(position, end - position));
    position = end + 1;
  }
  return words;
}

std::vector<std::string> SplitAt(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t found = text.find(separator);
    parts.emplace_back(text.substr(0, found));
    if (found == std::string_view::npos) return parts;
    text.remove_prefix(found + separator.size());
  }
}

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  size_t position = 0;
  while ((position = text.find(from, position)) != std::string::npos) {
    text.replace(position, from.size(), to);
    position += to.size();
  }
  return text;
}

std::vector<std::string> Lines(std::string_view text) {
  auto lines = SplitAt(text, "\n");
  if (lines.back().empty()) lines.pop_back();
  for (auto& line : lines) line = ReplaceAll(std::move(line), "\r", "");
  return lines;
}

}  // namespace icefall::sqllogic
