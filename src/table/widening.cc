#include "table/widening.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace icefall {
namespace {

// Position in the row of integers of growing width; absent for other types.
std::optional<size_t> IntegerRank(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kWidths = {"TINYINT", "SMALLINT", "INTEGER",
                                                              "BIGINT"};
  const auto found = std::ranges::find(kWidths, name);
  if (found == kWidths.end()) return std::nullopt;
  return static_cast<size_t>(found - kWidths.begin());
}

bool IsWiderInteger(std::string_view from, std::string_view to) {
  const auto to_signed = IntegerRank(to);
  if (const auto rank = IntegerRank(from)) return to_signed.has_value() && *rank <= *to_signed;
  if (!from.starts_with('U')) return false;
  const auto rank = IntegerRank(from.substr(1));
  if (!rank.has_value()) return false;
  if (to_signed.has_value()) return *rank < *to_signed;
  const auto to_unsigned = to.starts_with('U') ? IntegerRank(to.substr(1)) : std::nullopt;
  return to_unsigned.has_value() && *rank <= *to_unsigned;
}

struct DecimalSize {
  unsigned width = 0;
  unsigned scale = 0;
};

std::optional<DecimalSize> ParseDecimal(std::string_view name) {
  constexpr std::string_view kPrefix = "DECIMAL(";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const char* const end = name.data() + name.size();
  DecimalSize size;
  const auto width = std::from_chars(name.data() + kPrefix.size(), end, size.width);
  if (width.ec != std::errc() || width.ptr == end || *width.ptr != ',') return std::nullopt;
  const auto scale = std::from_chars(width.ptr + 1, end, size.scale);
  if (scale.ec != std::errc()) return std::nullopt;
  return size;
}

}  // namespace

bool IsWidening(const Type& from, const Type& to) {
  if (from.kind != TypeKind::kPrimitive || to.kind != TypeKind::kPrimitive) return false;
  if (IsWiderInteger(from.name, to.name)) return true;
  const auto before = ParseDecimal(from.name), after = ParseDecimal(to.name);
  return before.has_value() && after.has_value() && before->scale == after->scale &&
         before->width <= after->width;
}

}  // namespace icefall
