#include "sql/write/partition_values.h"

#include <charconv>

#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/time.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include <fmt/format.h>

#include "sql/write/bucket_hash.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

constexpr std::string_view kBucketPrefix = "bucket[";
constexpr std::string_view kTruncatePrefix = "truncate[";

// Longest file name that common file systems take, less some room.
constexpr size_t kSegmentSizeMax = 240;

std::string PercentEncoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' ||
                          (byte == '.' && !result.empty());
    if (is_plain) {
      result.push_back(c);
    } else {
      result += fmt::format("%{:02X}", byte);
    }
  }
  return result;
}

std::string DateText(duckdb::timestamp_t time, size_t parts) {
  int32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  duckdb::date_t date;
  duckdb::dtime_t clock;
  duckdb::Timestamp::Convert(time, date, clock);
  duckdb::Date::Convert(date, year, month, day);
  duckdb::Time::Convert(clock, hour, minute, second, micros);
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

std::string TimeText(const Value& value, size_t parts) {
  auto time =
      value.type().id() == duckdb::LogicalTypeId::TIMESTAMP_TZ
          ? duckdb::timestamp_t(value.GetValueUnsafe<int64_t>())
          : value.DefaultCastAs(LogicalType::TIMESTAMP).GetValueUnsafe<duckdb::timestamp_t>();
  if (!duckdb::Timestamp::IsFinite(time)) return value.ToString();
  return DateText(time, parts);
}

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

std::vector<PartitionTuple> PartitionValues::Of(duckdb::ClientContext& context,
                                                duckdb::DataChunk& rows) const {
  std::vector<PartitionTuple> tuples(rows.size(), PartitionTuple(fields_.size()));
  for (size_t f = 0; f < fields_.size(); ++f) {
    const auto& field = fields_[f];
    auto& source = rows.data[field.column];
    if (field.transform == Transform::kIdentity) {
      duckdb::Vector text(LogicalType::VARCHAR, rows.size());
      duckdb::VectorOperations::Cast(context, source, text, rows.size());
      duckdb::UnifiedVectorFormat format;
      text.ToUnifiedFormat(rows.size(), format);
      const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
      for (size_t row = 0; row < rows.size(); ++row) {
        const auto index = format.sel->get_index(row);
        if (format.validity.RowIsValid(index)) tuples[row][f] = strings[index].GetString();
      }
      continue;
    }
    for (size_t row = 0; row < rows.size(); ++row) {
      const Value value = source.GetValue(row);
      if (value.IsNull()) continue;
      auto& text = tuples[row][f];
      if (field.transform == Transform::kBucket) {
        text = std::to_string(BucketOf(value, field.parameter));
      } else if (field.transform == Transform::kTruncate) {
        text = TruncateText(value, field.parameter);
      } else {
        const auto first = static_cast<size_t>(Transform::kYear);
        text = TimeText(value, static_cast<size_t>(field.transform) - first + 1);
      }
    }
  }
  return tuples;
}

std::string PartitionValues::Folder(const PartitionTuple& values) const {
  std::string folder;
  for (size_t i = 0; i < fields_.size(); ++i) {
    // The name that Hive gave to NULL, which tools know.
    const std::string segment =
        PercentEncoded(fields_[i].name) + "=" +
        (values[i].has_value() ? PercentEncoded(*values[i]) : "__HIVE_DEFAULT_PARTITION__");
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
