#include "icedb/partition_rule.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/percent_encoding.h"
#include "base/sql_quote.h"

namespace icefall::icedb {
namespace {

class RuleParser {
 public:
  explicit RuleParser(std::string_view text) : text_(text) {}

  Result<PartitionRule> Parse() {
    PartitionRule rule;
    do {
      ICEFALL_ASSIGN_OR_RETURN(PartitionField field, ParseField());
      const auto same = [&field](const PartitionField& other) { return other.key == field.key; };
      if (std::ranges::any_of(rule, same)) {
        return Expected(fmt::format("each key once, and '{}' is there twice", field.key));
      }
      rule.push_back(std::move(field));
    } while (Take(','));
    if (at_ != text_.size()) return Expected("',' or the end");
    return rule;
  }

 private:
  Result<PartitionField> ParseField() {
    PartitionField field;
    ICEFALL_ASSIGN_OR_RETURN(field.key, Name());
    std::string name = field.key;
    const bool has_key = Take('=');
    if (has_key) {
      ICEFALL_ASSIGN_OR_RETURN(name, Name());
    }
    if (field.key.find_first_of("=/") != std::string::npos)
      return Expected("a key without = and /");
    if (!Take('(')) {
      field.column = std::move(name);
      return field;
    }
    if (!has_key)
      return Expected(fmt::format("a key before the transform, as 'k = {}(...)'", name));
    ICEFALL_RETURN_IF_ERROR(ParseTransform(name, field));
    if (!Take(')')) return Expected("')'");
    return field;
  }

  Result<void> ParseTransform(const std::string& name, PartitionField& field) {
    constexpr std::string_view kNames[] = {"identity", "year", "month", "day", "hour", "bucket"};
    const auto found = std::ranges::find(kNames, name);
    if (found == std::end(kNames)) {
      return Expected(
          fmt::format("identity, year, month, day, hour or bucket instead of '{}'", name));
    }
    field.transform = static_cast<PartitionTransform>(found - std::begin(kNames));
    if (field.transform == PartitionTransform::kBucket) {
      ICEFALL_ASSIGN_OR_RETURN(const std::string count, Name());
      const auto [end, error] =
          std::from_chars(count.data(), count.data() + count.size(), field.bucket_count);
      if (error != std::errc() || end != count.data() + count.size() || field.bucket_count == 0) {
        return Expected(fmt::format("a number of buckets instead of '{}'", count));
      }
      if (!Take(',')) return Expected("',' and a column");
    }
    ICEFALL_ASSIGN_OR_RETURN(field.column, Name());
    const bool is_time = field.transform != PartitionTransform::kIdentity &&
                         field.transform != PartitionTransform::kBucket;
    if (!is_time || !Take(',')) return {};
    ICEFALL_ASSIGN_OR_RETURN(const std::string unit, Name());
    if (unit != "s" && unit != "ms" && unit != "us") return Expected("the unit s, ms or us");
    field.ticks_to_micros = unit == "s" ? 1'000'000 : unit == "ms" ? 1000 : 1;
    return {};
  }

  void SkipSpace() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool Take(char c) {
    SkipSpace();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<std::string> Name() {
    std::string name;
    if (Take('"')) {
      for (; at_ < text_.size(); ++at_) {
        if (text_[at_] == '"' && (at_ + 1 == text_.size() || text_[at_ + 1] != '"')) break;
        at_ += text_[at_] == '"' ? 1 : 0;
        name += text_[at_];
      }
      if (at_ == text_.size()) return Expected("'\"' at the end of a name");
      ++at_;
    } else {
      const auto is_part = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
      };
      while (at_ < text_.size() && is_part(text_[at_])) name += text_[at_++];
    }
    if (name.empty()) return Expected("a name");
    return name;
  }

  std::unexpected<Error> Expected(std::string_view expected) const {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("partition rule '{}': expected {}, found '{}'", text_, expected,
                            text_.substr(std::min(at_, text_.size()))));
  }

  const std::string_view text_;
  size_t at_ = 0;
};

// What is no number is a time already; numbers count from 1970.
std::string TimeSql(const PartitionField& field, std::string_view form) {
  const std::string text = fmt::format("CAST({} AS VARCHAR)", QuoteIdentifier(field.column));
  return fmt::format(
      "strftime(CASE WHEN TRY_CAST({0} AS DOUBLE) IS NULL THEN CAST({0} AS TIMESTAMP) ELSE "
      "make_timestamp(CAST(CAST({0} AS DOUBLE) * {1} AS BIGINT)) END, '{2}')",
      text, field.ticks_to_micros, form);
}

}  // namespace

Result<PartitionRule> ParsePartitionRule(std::string_view text) { return RuleParser(text).Parse(); }

std::string EncodedKeySql(std::string_view expression) {
  return fmt::format("replace(replace(CAST({} AS VARCHAR), '%', '%25'), '/', '%2F')", expression);
}

std::string KeySql(const PartitionField& field) {
  const std::string column = QuoteIdentifier(field.column);
  switch (field.transform) {
    case PartitionTransform::kIdentity:
      return EncodedKeySql(column);
    case PartitionTransform::kYear:
      return TimeSql(field, "%Y");
    case PartitionTransform::kMonth:
      return TimeSql(field, "%Y-%m");
    case PartitionTransform::kDay:
      return TimeSql(field, "%Y-%m-%d");
    case PartitionTransform::kHour:
      return TimeSql(field, "%Y-%m-%dT%H");
    case PartitionTransform::kBucket:
      break;
  }
  return fmt::format("CAST(icedb_bucket_number(CAST({} AS VARCHAR)) % {} AS VARCHAR)", column,
                     field.bucket_count);
}

std::string KeyPartSql(std::string_view key, std::string_view value_sql) {
  return fmt::format("{} || coalesce(nullif({}, ''), '{}')", QuoteLiteral(std::string(key) + "="),
                     value_sql, kMissingKey);
}

std::string PartitionSql(const PartitionRule& rule) {
  std::string sql;
  for (const PartitionField& field : rule) {
    if (!sql.empty()) sql += " || '/' || ";
    sql += KeyPartSql(field.key, KeySql(field));
  }
  return sql;
}

std::vector<std::pair<std::string, std::optional<std::string>>> KeysOfPartition(
    std::string_view partition) {
  std::vector<std::pair<std::string, std::optional<std::string>>> keys;
  while (!partition.empty()) {
    const size_t end = std::min(partition.find('/'), partition.size());
    const std::string_view part = partition.substr(0, end);
    partition.remove_prefix(std::min(end + 1, partition.size()));
    const size_t sign = part.find('=');
    if (sign == std::string_view::npos || sign == 0) continue;
    const std::string_view value = part.substr(sign + 1);
    keys.emplace_back(part.substr(0, sign),
                      value == kMissingKey ? std::nullopt : std::optional(PercentDecode(value)));
  }
  return keys;
}

}  // namespace icefall::icedb
