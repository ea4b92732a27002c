#include "icedb/column_type.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace icefall::icedb {
namespace {

// A type name, taken apart.
struct Type {
  std::string name;      // "BIGINT", "STRUCT", "LIST", "ARRAY", "MAP", "DECIMAL"
  std::string brackets;  // "[]" of a list, "[3]" of an array
  struct Child;
  std::vector<Child> children;
};

struct Type::Child {
  std::string name;  // of a field of a STRUCT
  Type type;
};

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The parts between commas that stand in no parentheses and no quotes.
std::vector<std::string_view> SplitArguments(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c != ',' || depth != 0) continue;
    parts.push_back(Trim(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  parts.push_back(Trim(text.substr(begin)));
  return parts;
}

// Where the name at the beginning of "name TYPE" ends.
size_t NameEnd(std::string_view field) {
  if (!field.starts_with('"')) return std::min(field.find(' '), field.size());
  for (size_t i = 1; i < field.size(); ++i) {
    if (field[i] != '"') continue;
    if (i + 1 == field.size() || field[i + 1] != '"') return i + 1;
    ++i;
  }
  return field.size();
}

// Deeper types are taken as they are, so that no log can exhaust the stack.
constexpr int kDepthMax = 32;

Type Parse(std::string_view text, int depth = 0) {
  text = Trim(text);
  Type type;
  if (depth == kDepthMax) {
    type.name = text;
    return type;
  }
  if (text.ends_with(']')) {
    const size_t open = text.rfind('[');
    if (open != std::string_view::npos) {
      type.name = "LIST";
      type.brackets = text.substr(open);
      if (type.brackets != "[]") type.name = "ARRAY";
      type.children.emplace_back("", Parse(text.substr(0, open), depth + 1));
      return type;
    }
  }
  const size_t open = text.find('(');
  const std::string_view head = text.substr(0, open);
  if (text.ends_with(')') && (head == "STRUCT" || head == "MAP" || head == "DECIMAL")) {
    type.name = head;
    for (const auto part : SplitArguments(text.substr(open + 1, text.size() - open - 2))) {
      if (head == "STRUCT") {
        const size_t end = NameEnd(part);
        type.children.emplace_back(std::string(part.substr(0, end)),
                                   Parse(part.substr(end), depth + 1));
      } else {
        type.children.emplace_back("", Parse(part, depth + 1));
      }
    }
    return type;
  }
  type.name = text;
  return type;
}

std::string Print(const Type& type) {
  if (type.name == "LIST" || type.name == "ARRAY") {
    return Print(type.children[0].type) + type.brackets;
  }
  if (type.children.empty()) return type.name;
  std::string text = type.name + "(";
  for (size_t i = 0; i < type.children.size(); ++i) {
    const auto& [name, child] = type.children[i];
    if (i != 0) text += type.name == "DECIMAL" ? "," : ", ";
    if (!name.empty()) text += name + " ";
    text += Print(child);
  }
  return text + ")";
}

// Of a number type: how many bits of whole numbers it holds, signed or not.
struct Whole {
  int bits;
  bool has_sign;
};

std::optional<Whole> WholeOf(std::string_view name) {
  static const std::unordered_map<std::string_view, Whole> kinds = {
      {"TINYINT", {8, true}},     {"SMALLINT", {16, true}},  {"INTEGER", {32, true}},
      {"BIGINT", {64, true}},     {"HUGEINT", {128, true}},  {"UTINYINT", {8, false}},
      {"USMALLINT", {16, false}}, {"UINTEGER", {32, false}}, {"UBIGINT", {64, false}},
      {"UHUGEINT", {128, false}}};
  const auto found = kinds.find(name);
  if (found == kinds.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> CommonWhole(const Whole& left, const Whole& right) {
  const bool has_sign = left.has_sign || right.has_sign;
  // A signed type holds an unsigned one of half its size.
  const auto bits_of = [has_sign](const Whole& whole) {
    return has_sign && !whole.has_sign ? 2 * whole.bits : whole.bits;
  };
  switch (std::max(bits_of(left), bits_of(right))) {
    case 8:
      return has_sign ? "TINYINT" : "UTINYINT";
    case 16:
      return has_sign ? "SMALLINT" : "USMALLINT";
    case 32:
      return has_sign ? "INTEGER" : "UINTEGER";
    case 64:
      return has_sign ? "BIGINT" : "UBIGINT";
    case 128:
      return has_sign ? "HUGEINT" : "UHUGEINT";
    default:
      return std::nullopt;
  }
}

// The float type that holds all whole numbers of so many bits, or the type itself.
std::optional<std::string> FloatFor(const Type& type) {
  if (type.name == "FLOAT" || type.name == "DOUBLE") return type.name;
  const auto whole = WholeOf(type.name);
  if (!whole || whole->bits > 32) return std::nullopt;
  return whole->bits <= 16 ? "FLOAT" : "DOUBLE";
}

std::optional<Type> Common(const Type& left, const Type& right);

int NumberOf(const Type& type) {
  int number = 0;
  std::from_chars(type.name.data(), type.name.data() + type.name.size(), number);
  return number;
}

std::optional<Type> CommonDecimal(const Type& left, const Type& right) {
  if (left.children.size() != 2 || right.children.size() != 2) return std::nullopt;
  const int scale = std::max(NumberOf(left.children[1].type), NumberOf(right.children[1].type));
  const auto digits = [](const Type& type) {
    return NumberOf(type.children[0].type) - NumberOf(type.children[1].type);
  };
  const int width = std::max(digits(left), digits(right)) + scale;
  if (width > 38) return std::nullopt;
  return Parse(fmt::format("DECIMAL({},{})", width, scale));
}

// Fields of the left one, then those that only the right one has.
std::optional<Type> CommonStruct(const Type& left, const Type& right) {
  Type both = left;
  for (const auto& [name, type] : right.children) {
    const auto found = std::ranges::find_if(
        both.children, [&name](const auto& child) { return child.name == name; });
    if (found == both.children.end()) {
      both.children.emplace_back(name, type);
      continue;
    }
    auto common = Common(found->type, type);
    if (!common) return std::nullopt;
    found->type = *std::move(common);
  }
  return both;
}

std::optional<Type> CommonChildren(const Type& left, const Type& right) {
  if (left.name == "DECIMAL") return CommonDecimal(left, right);
  if (left.name == "STRUCT") return CommonStruct(left, right);
  if (left.brackets != right.brackets || left.children.size() != right.children.size()) {
    return std::nullopt;
  }
  Type both = left;
  for (size_t i = 0; i < both.children.size(); ++i) {
    auto common = Common(left.children[i].type, right.children[i].type);
    if (!common) return std::nullopt;
    both.children[i].type = *std::move(common);
  }
  return both;
}

std::optional<Type> Common(const Type& left, const Type& right) {
  if (left.name == kUnknownType) return right;
  if (right.name == kUnknownType) return left;
  if (left.name == right.name) {
    return left.children.empty() && right.children.empty() ? left : CommonChildren(left, right);
  }
  if (const auto l = WholeOf(left.name), r = WholeOf(right.name); l && r) {
    auto name = CommonWhole(*l, *r);
    if (!name) return std::nullopt;
    return Type{*std::move(name), "", {}};
  }
  if (const auto l = FloatFor(left), r = FloatFor(right); l && r) {
    return Type{*l == "DOUBLE" || *r == "DOUBLE" ? "DOUBLE" : "FLOAT", "", {}};
  }
  const auto is_either = [&](std::string_view a, std::string_view b) {
    return (left.name == a && right.name == b) || (left.name == b && right.name == a);
  };
  if (is_either("DATE", "TIMESTAMP")) return Type{"TIMESTAMP", "", {}};
  return std::nullopt;
}

}  // namespace

std::optional<std::string> CommonType(std::string_view left, std::string_view right) {
  if (left == right) return std::string(left);
  const auto common = Common(Parse(left), Parse(right));
  if (!common) return std::nullopt;
  return Print(*common);
}

bool CanHold(std::string_view wide, std::string_view narrow) {
  if (wide == narrow) return true;
  const Type type = Parse(wide);
  const auto common = Common(type, Parse(narrow));
  return common && Print(*common) == Print(type);
}

void UniteColumns(const Columns& columns, std::string_view source, Columns& all,
                  std::vector<TypeConflict>& conflicts) {
  std::unordered_map<std::string_view, size_t> places;
  for (size_t i = 0; i < all.size(); ++i) places.emplace(all[i].first, i);
  Columns added;
  for (const auto& [name, type] : columns) {
    const auto place = places.find(name);
    if (place == places.end()) {
      added.emplace_back(name, type);
      continue;
    }
    std::string& known = all[place->second].second;
    if (known == type) continue;
    if (auto common = CommonType(known, type)) {
      known = *std::move(common);
    } else {
      conflicts.push_back({name, known, type, std::string(source)});
    }
  }
  all.insert(all.end(), added.begin(), added.end());
}

InsertColumns FitColumns(const Columns& table, const Columns& inserted) {
  std::unordered_map<std::string_view, std::string_view> known;
  for (const auto& [name, type] : table) known.emplace(name, type);
  InsertColumns fitted;
  for (const auto& [name, type] : inserted) {
    const auto found = known.find(name);
    if (found != known.end() && !CanHold(found->second, type)) {
      fitted.conflicts.push_back({name, std::string(found->second), type, "the insert"});
    }
    fitted.columns.emplace_back(name, found == known.end() ? type : found->second);
  }
  return fitted;
}

}  // namespace icefall::icedb
