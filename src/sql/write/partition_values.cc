#include "sql/write/partition_values.h"

#include <charconv>
#include <unordered_map>
#include <utility>

#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include <fmt/format.h>

#include "base/percent_encoding.h"
#include "sql/write/bucket_hash.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

constexpr std::string_view kBucketPrefix = "bucket[";
constexpr std::string_view kTruncatePrefix = "truncate[";

// Longest file name that common file systems take, less some room.
constexpr size_t kSegmentSizeMax = 240;

// A file name that begins with a dot is hidden.
std::string EncodedName(std::string_view text) {
  if (!text.starts_with('.')) return PercentEncode(text, "-_.");
  return "%2E" + PercentEncode(text.substr(1), "-_.");
}

constexpr int64_t kMicrosPerHour = int64_t{3600} * 1'000'000;
constexpr int64_t kHoursPerDay = 24;

// `hours`: since 1970-01-01. `parts`: 1 year, 2 month, 3 day, 4 hour.
std::string HourText(int64_t hours, size_t parts) {
  const int64_t hour = (hours % kHoursPerDay + kHoursPerDay) % kHoursPerDay;
  int32_t year = 0, month = 0, day = 0;
  duckdb::Date::Convert(duckdb::date_t(static_cast<int32_t>((hours - hour) / kHoursPerDay)), year,
                        month, day);
  switch (parts) {
    case 1:
      return fmt::format("{:04}", year);
    case 2:
      return fmt::format("{:04}-{:02}", year, month);
    case 3:
      return fmt::format("{:04}-{:02}-{:02}", year, month, day);
    default:
      return fmt::format("{:04}-{:02}-{:02}-{:02}", year, month, day, hour);
  }
}

// Numbers values densely in the order of their first appearance.
template <typename Key>
class Numbering {
 public:
  // The number, and whether it is new.
  std::pair<uint32_t, bool> Of(const Key& key) {
    // Equal values come in runs.
    if (last_.has_value() && *last_ == key) return {last_number_, false};
    const auto [place, is_new] = numbers_.try_emplace(key, static_cast<uint32_t>(numbers_.size()));
    last_ = key;
    last_number_ = place->second;
    return {last_number_, is_new};
  }

 private:
  std::unordered_map<Key, uint32_t> numbers_;
  std::optional<Key> last_;
  uint32_t last_number_ = 0;
};

// The text of NULL, which no value has.
constexpr std::string_view kNullKey("\0null", 5);

std::string TruncateText(const Value& value, uint64_t width) {
  if (value.type().IsIntegral()) {
    const auto number = value.DefaultCastAs(LogicalType::HUGEINT).GetValue<duckdb::hugeint_t>();
    const duckdb::hugeint_t step(static_cast<int64_t>(width));
    auto rest = number % step;
    if (rest < duckdb::hugeint_t(0)) rest += step;
    return Value::HUGEINT(number - rest).ToString();
  }
  // Text: the first `width` code points.
  const auto text = value.ToString();
  size_t end = 0;
  for (uint64_t count = 0; end < text.size(); ++end) {
    if ((text[end] & 0xC0) != 0x80 && count++ == width) break;
  }
  return text.substr(0, end);
}

}  // namespace

PartitionValues::PartitionValues(const IcefallTableEntry& table, const PartitionSpec& spec) {
  for (const auto& field : spec.fields) fields_.push_back(Parse(table, field));
}

PartitionValues::Column PartitionValues::Parse(const IcefallTableEntry& table,
                                               const PartitionField& field) {
  Column result{field.name, 0, Transform::kIdentity, 0};
  while (result.column < table.stored_count() &&
         table.StoredField(duckdb::PhysicalIndex(result.column)).id != field.source) {
    ++result.column;
  }
  const auto fail = [&](const char* what) {
    throw duckdb::NotImplementedException("partition field \"%s\" of table \"%s\": %s '%s'",
                                          field.name, table.name, what, field.transform);
  };
  if (result.column == table.stored_count()) fail("its column is not stored; transform");
  const std::string_view name = field.transform;
  const auto parameter = [&](std::string_view prefix) {
    const auto [end, error] =
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), result.parameter);
    if (error != std::errc() || result.parameter == 0) fail("expected a positive parameter in");
    (void)end;
  };
  const auto& type = table.definition().stored_types[result.column];
  if (name == "year") {
    result.transform = Transform::kYear;
  } else if (name == "month") {
    result.transform = Transform::kMonth;
  } else if (name == "day") {
    result.transform = Transform::kDay;
  } else if (name == "hour") {
    result.transform = Transform::kHour;
  } else if (name.starts_with(kBucketPrefix)) {
    result.transform = Transform::kBucket;
    parameter(kBucketPrefix);
    if (!CanBucket(type)) fail("a column of its type has no transform");
  } else if (name.starts_with(kTruncatePrefix)) {
    result.transform = Transform::kTruncate;
    parameter(kTruncatePrefix);
    if (!type.IsIntegral() && type.id() != duckdb::LogicalTypeId::VARCHAR) {
      fail("a column of its type has no transform");
    }
  } else if (name != "identity") {
    fail("unknown transform");
  }
  return result;
}

PartitionValues::Codes PartitionValues::TextCodes(duckdb::Vector& texts, size_t count) {
  Codes result;
  Numbering<std::string_view> numbering;
  duckdb::UnifiedVectorFormat format;
  texts.ToUnifiedFormat(count, format);
  const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  for (size_t row = 0; row < count; ++row) {
    const auto index = format.sel->get_index(row);
    const bool is_valid = format.validity.RowIsValid(index);
    // Points into the vector, not at a copy of the value: short texts live inside of it.
    const auto& text = strings[index];
    const auto key = is_valid ? std::string_view(text.GetData(), text.GetSize()) : kNullKey;
    const auto [number, is_new] = numbering.Of(key);
    if (is_new) {
      result.texts.push_back(is_valid ? std::optional(std::string(key)) : std::nullopt);
    }
    result.codes.push_back(number);
  }
  return result;
}

PartitionValues::Codes PartitionValues::TimeCodes(duckdb::Vector& source, size_t count,
                                                  Transform transform) {
  const auto parts = static_cast<size_t>(transform) - static_cast<size_t>(Transform::kYear) + 1;
  duckdb::Vector times(LogicalType::TIMESTAMP, count);
  // A cast of TIMESTAMPTZ would follow the time zone of the session.
  if (source.GetType().id() == duckdb::LogicalTypeId::TIMESTAMP_TZ) {
    times.Reinterpret(source);
  } else {
    duckdb::VectorOperations::DefaultCast(source, times, count);
  }
  duckdb::UnifiedVectorFormat format;
  times.ToUnifiedFormat(count, format);
  const auto* micros = duckdb::UnifiedVectorFormat::GetData<duckdb::timestamp_t>(format);
  Codes result;
  Numbering<int64_t> hours_seen;
  Numbering<std::string> texts_seen;
  std::vector<uint32_t> code_of_hour;
  constexpr int64_t kNullHour = INT64_MAX;
  for (size_t row = 0; row < count; ++row) {
    const auto index = format.sel->get_index(row);
    const bool is_valid = format.validity.RowIsValid(index);
    const auto time = micros[index];
    const bool is_finite = is_valid && duckdb::Timestamp::IsFinite(time);
    int64_t hours = kNullHour;
    if (is_finite) {
      hours = time.value / kMicrosPerHour - (time.value % kMicrosPerHour < 0 ? 1 : 0);
    } else if (is_valid) {
      hours = time == duckdb::timestamp_t::infinity() ? INT64_MAX - 1 : INT64_MIN;
    }
    const auto [hour, is_new_hour] = hours_seen.Of(hours);
    if (is_new_hour) {
      auto text = !is_valid    ? std::string(kNullKey)
                  : !is_finite ? (hours == INT64_MIN ? "-infinity" : "infinity")
                               : HourText(hours, parts);
      const auto [code, is_new] = texts_seen.Of(text);
      if (is_new) result.texts.push_back(is_valid ? std::optional(text) : std::nullopt);
      code_of_hour.push_back(code);
    }
    result.codes.push_back(code_of_hour[hour]);
  }
  return result;
}

PartitionValues::Codes PartitionValues::ValueCodes(duckdb::Vector& source, size_t count,
                                                   const Column& field) {
  duckdb::Vector texts(LogicalType::VARCHAR, count);
  auto* target = duckdb::FlatVector::GetData<duckdb::string_t>(texts);
  for (size_t row = 0; row < count; ++row) {
    const Value value = source.GetValue(row);
    if (value.IsNull()) {
      duckdb::FlatVector::SetNull(texts, row, true);
      continue;
    }
    const auto text = field.transform == Transform::kBucket
                          ? std::to_string(BucketOf(value, field.parameter))
                          : TruncateText(value, field.parameter);
    target[row] = duckdb::StringVector::AddString(texts, text);
  }
  return TextCodes(texts, count);
}

std::vector<PartitionValues::Group> PartitionValues::Split(duckdb::DataChunk& rows) const {
  std::vector<uint32_t> group_of_row(rows.size());
  std::vector<Group> groups(1);
  for (const auto& field : fields_) {
    auto& source = rows.data[field.column];
    Codes codes;
    if (field.transform == Transform::kIdentity) {
      duckdb::Vector texts(LogicalType::VARCHAR, rows.size());
      duckdb::VectorOperations::DefaultCast(source, texts, rows.size());
      codes = TextCodes(texts, rows.size());
    } else if (field.transform == Transform::kBucket || field.transform == Transform::kTruncate) {
      codes = ValueCodes(source, rows.size(), field);
    } else {
      codes = TimeCodes(source, rows.size(), field.transform);
    }
    // Each group so far falls apart by the codes of this field.
    std::vector<Group> finer;
    Numbering<uint64_t> numbering;
    for (size_t row = 0; row < rows.size(); ++row) {
      const uint64_t key = uint64_t{group_of_row[row]} << 32 | codes.codes[row];
      const auto [number, is_new] = numbering.Of(key);
      if (is_new) {
        finer.push_back({groups[group_of_row[row]].values, {}});
        finer.back().values.push_back(codes.texts[codes.codes[row]]);
      }
      group_of_row[row] = number;
    }
    groups = std::move(finer);
  }
  for (size_t row = 0; row < rows.size(); ++row) {
    groups[group_of_row[row]].rows.push_back(static_cast<duckdb::sel_t>(row));
  }
  return groups;
}

std::string PartitionValues::Folder(const PartitionTuple& values) const {
  std::string folder;
  for (size_t i = 0; i < fields_.size(); ++i) {
    // The name that Hive gave to NULL, which tools know.
    const std::string segment =
        EncodedName(fields_[i].name) + "=" +
        (values[i].has_value() ? EncodedName(*values[i]) : "__HIVE_DEFAULT_PARTITION__");
    if (segment.size() > kSegmentSizeMax) return {};
    folder += (i > 0 ? "/" : "") + segment;
  }
  return folder;
}

std::string PartitionValues::Key(const PartitionTuple& values) {
  std::string key;
  for (const auto& value : values) {
    if (!value.has_value()) {
      key += "-";
      continue;
    }
    key += std::to_string(value->size()) + ":" + *value;
  }
  return key;
}

}  // namespace icefall
