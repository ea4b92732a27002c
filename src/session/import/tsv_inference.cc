#include "session/import/tsv_inference.h"

#include <array>
#include <charconv>

#include "session/import/tsv_lines.h"

namespace icefall {

namespace {

// In the order in which they are tried.
enum Kind : uint32_t {
  kBoolean = 1,
  kInteger = 2,
  kDouble = 4,
  kDate = 8,
  kTimestamp = 16,
  kText = 32,
  kAll = 63,
};

constexpr std::array<std::string_view, 6> kTypeNames{"BOOLEAN", "BIGINT",    "DOUBLE",
                                                     "DATE",    "TIMESTAMP", "VARCHAR"};

constexpr uint64_t kStepLines = 4096;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

uint32_t NumberKinds(std::string_view value) {
  if (value.front() == '+') {
    value.remove_prefix(1);
    if (value.starts_with('-') || value.starts_with('+')) return 0;
  }
  const char* end = value.data() + value.size();
  int64_t whole = 0;
  const auto as_whole = std::from_chars(value.data(), end, whole);
  if (as_whole.ptr == end && as_whole.ec == std::errc()) return kInteger | kDouble;
  if (as_whole.ptr == end) return 0;
  double number = 0;
  const auto as_double = std::from_chars(value.data(), end, number);
  return as_double.ptr == end && as_double.ec == std::errc() ? uint32_t{kDouble} : 0;
}

// Reads `digits` digits off the front; -1 when they are not there.
int TakeNumber(std::string_view& text, size_t digits) {
  if (text.size() < digits) return -1;
  int number = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (!IsDigit(text[i])) return -1;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool Take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeDate(std::string_view& text) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = TakeNumber(text, 4);
  if (year < 0 || !Take(text, '-')) return false;
  const int month = TakeNumber(text, 2);
  if (month < 1 || month > 12 || !Take(text, '-')) return false;
  const int day = TakeNumber(text, 2);
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
  return day >= 1 && day <= days;
}

bool TakeTime(std::string_view& text) {
  const int hour = TakeNumber(text, 2);
  if (hour < 0 || hour > 23 || !Take(text, ':')) return false;
  const int minute = TakeNumber(text, 2);
  if (minute < 0 || minute > 59) return false;
  if (!Take(text, ':')) return true;
  const int second = TakeNumber(text, 2);
  if (second < 0 || second > 59) return false;
  if (!Take(text, '.')) return true;
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  text.remove_prefix(digits);
  return digits >= 1 && digits <= 6;  // a TIMESTAMP holds microseconds
}

uint32_t TimeKinds(std::string_view value) {
  if (!TakeDate(value)) return 0;
  if (value.empty()) return kDate | kTimestamp;
  if (!Take(value, 'T') && !Take(value, ' ')) return 0;
  return TakeTime(value) && value.empty() ? uint32_t{kTimestamp} : 0;
}

}  // namespace

uint32_t FittingKinds(std::string_view value) {
  uint32_t kinds = kText;
  if (value.empty()) return kinds;
  const char first = value.front();
  if (IsDigit(first) && value.size() >= 10 && value[4] == '-') return kinds | TimeKinds(value);
  if (IsDigit(first) || first == '-' || first == '+' || first == '.') {
    return kinds | NumberKinds(value);
  }
  if (EqualsIgnoringCase(value, "true") || EqualsIgnoringCase(value, "false")) kinds |= kBoolean;
  if (EqualsIgnoringCase(value, "nan") || EqualsIgnoringCase(value, "inf") ||
      EqualsIgnoringCase(value, "infinity")) {
    kinds |= kDouble;
  }
  return kinds;
}

bool TsvShape::IsNull(TsvField field) const {
  if (!null_text.empty() && field.raw == null_text) return true;
  return null_is_marked ? field.is_null_mark() : field.raw.empty();
}

Result<TsvShape> InferTsv(const std::string& path, std::string_view null_text,
                          const TsvStep& step) {
  ICEFALL_ASSIGN_OR_RETURN(auto lines, TsvLines::Open(path));
  TsvShape shape;
  shape.names = lines.names();
  shape.null_text = null_text;
  std::vector<uint32_t> kinds(shape.names.size(), kAll);
  std::vector<bool> has_value(shape.names.size(), false);
  std::vector<bool> has_empty(shape.names.size(), false);
  std::vector<TsvField> fields;
  std::string text;
  for (;;) {
    ICEFALL_ASSIGN_OR_RETURN(const bool found, lines.Next(fields));
    if (!found) break;
    if (++shape.rows % kStepLines == 0 && step) {
      ICEFALL_RETURN_IF_ERROR(step(lines.bytes_read()));
    }
    for (size_t c = 0; c < fields.size(); ++c) {
      if (fields[c].is_null_mark()) {
        shape.null_is_marked = true;
      } else if (fields[c].raw.empty()) {
        has_empty[c] = true;
      } else if (!shape.IsNull(fields[c])) {
        has_value[c] = true;
        if (kinds[c] != kText) kinds[c] &= FittingKinds(fields[c].raw);
        // Says here, with its place, what loading would stumble over.
        if (fields[c].raw.find('\\') != std::string_view::npos) {
          ICEFALL_RETURN_IF_ERROR(lines.Unescape(fields[c], c, text));
        }
      }
    }
  }
  shape.null_is_marked |= lines.met_end_mark();
  for (size_t c = 0; c < kinds.size(); ++c) {
    const bool text_only = !has_value[c] || (has_empty[c] && shape.null_is_marked);
    const uint32_t fitting = text_only ? kText : kinds[c];
    shape.types.emplace_back(kTypeNames[static_cast<size_t>(__builtin_ctz(fitting))]);
  }
  return shape;
}

}  // namespace icefall
