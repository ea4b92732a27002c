#include "sql/inline_codec.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb/common/allocator.hpp"
#include "duckdb/common/error_data.hpp"
#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/value.hpp"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "log/icefall/json.h"

namespace icefall {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;
using ParsedJson = nlohmann::json;

bool IsSmallInteger(const LogicalType& type) {
  return type.IsIntegral() && type.id() != LogicalTypeId::HUGEINT &&
         type.id() != LogicalTypeId::UHUGEINT;
}

void AppendValue(const Value& value, std::string& out);

void AppendValues(const duckdb::vector<Value>& values, std::string& out) {
  out += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    AppendValue(values[i], out);
  }
  out += ']';
}

void AppendMap(const Value& map, std::string& out) {
  out += '[';
  bool first = true;
  for (const auto& entry : duckdb::MapValue::GetChildren(map)) {
    if (!std::exchange(first, false)) out += ',';
    AppendValues(duckdb::StructValue::GetChildren(entry), out);
  }
  out += ']';
}

void AppendValue(const Value& value, std::string& out) {
  if (value.IsNull()) {
    out += "null";
    return;
  }
  const auto& type = value.type();
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      out += duckdb::BooleanValue::Get(value) ? "true" : "false";
      return;
    case LogicalTypeId::STRUCT:
      return AppendValues(duckdb::StructValue::GetChildren(value), out);
    case LogicalTypeId::LIST:
      return AppendValues(duckdb::ListValue::GetChildren(value), out);
    case LogicalTypeId::ARRAY:
      return AppendValues(duckdb::ArrayValue::GetChildren(value), out);
    case LogicalTypeId::MAP:
      return AppendMap(value, out);
    case LogicalTypeId::UNION: {
      const auto tag = duckdb::UnionValue::GetTag(value);
      out += '[';
      AppendJsonText(duckdb::UnionType::GetMemberName(type, tag), out);
      out += ',';
      AppendValue(duckdb::UnionValue::GetValue(value), out);
      out += ']';
      return;
    }
    case LogicalTypeId::INTERVAL: {
      const auto interval = duckdb::IntervalValue::Get(value);
      out += fmt::format("[{},{},{}]", interval.months, interval.days, interval.micros);
      return;
    }
    // What most columns are, without a cast.
    case LogicalTypeId::BIGINT:
      out += std::to_string(duckdb::BigIntValue::Get(value));
      return;
    case LogicalTypeId::INTEGER:
      out += std::to_string(duckdb::IntegerValue::Get(value));
      return;
    case LogicalTypeId::VARCHAR:
      return AppendJsonText(duckdb::StringValue::Get(value), out);
    default:
      break;
  }
  if (IsSmallInteger(type)) {
    out += value.ToString();
  } else {
    AppendJsonText(duckdb::StringValue::Get(value.DefaultCastAs(LogicalType::VARCHAR)), out);
  }
}

[[noreturn]] void ThrowMisfit(const LogicalType& type, const ParsedJson& json) {
  throw duckdb::IOException(
      fmt::format("expected an inline value of type {}, found {}", type.ToString(), json.dump()));
}

const ParsedJson& Elements(const LogicalType& type, const ParsedJson& json, size_t count) {
  if (!json.is_array() || json.size() != count) ThrowMisfit(type, json);
  return json;
}

Value Decode(const LogicalType& type, const ParsedJson& json);

duckdb::vector<Value> DecodeElements(const LogicalType& child, const ParsedJson& json) {
  duckdb::vector<Value> values;
  for (const auto& element : json) values.push_back(Decode(child, element));
  return values;
}

Value DecodeStruct(const LogicalType& type, const ParsedJson& json) {
  const auto& children = duckdb::StructType::GetChildTypes(type);
  Elements(type, json, children.size());
  duckdb::vector<Value> values;
  for (size_t i = 0; i < children.size(); ++i) {
    values.push_back(Decode(children[i].second, json[i]));
  }
  return Value::STRUCT(type, std::move(values));
}

Value DecodeMap(const LogicalType& type, const ParsedJson& json) {
  duckdb::vector<Value> keys;
  duckdb::vector<Value> values;
  for (const auto& entry : json) {
    Elements(type, entry, 2);
    keys.push_back(Decode(duckdb::MapType::KeyType(type), entry[0]));
    values.push_back(Decode(duckdb::MapType::ValueType(type), entry[1]));
  }
  return Value::MAP(duckdb::MapType::KeyType(type), duckdb::MapType::ValueType(type),
                    std::move(keys), std::move(values));
}

Value DecodeUnion(const LogicalType& type, const ParsedJson& json) {
  Elements(type, json, 2);
  duckdb::child_list_t<LogicalType> members;
  size_t tag = duckdb::UnionType::GetMemberCount(type);
  for (size_t i = 0; i < duckdb::UnionType::GetMemberCount(type); ++i) {
    members.emplace_back(duckdb::UnionType::GetMemberName(type, i),
                         duckdb::UnionType::GetMemberType(type, i));
    if (json[0] == members.back().first) tag = i;
  }
  if (tag == members.size()) ThrowMisfit(type, json);
  auto value = Decode(members[tag].second, json[1]);
  return Value::UNION(std::move(members), static_cast<uint8_t>(tag), std::move(value));
}

Value DecodeNested(const LogicalType& type, const ParsedJson& json) {
  if (!json.is_array()) ThrowMisfit(type, json);
  switch (type.id()) {
    case LogicalTypeId::STRUCT:
      return DecodeStruct(type, json);
    case LogicalTypeId::MAP:
      return DecodeMap(type, json);
    case LogicalTypeId::UNION:
      return DecodeUnion(type, json);
    case LogicalTypeId::LIST: {
      const auto& child = duckdb::ListType::GetChildType(type);
      return Value::LIST(child, DecodeElements(child, json));
    }
    default: {
      const auto& child = duckdb::ArrayType::GetChildType(type);
      Elements(type, json, duckdb::ArrayType::GetSize(type));
      return Value::ARRAY(child, DecodeElements(child, json));
    }
  }
}

Value DecodeInterval(const LogicalType& type, const ParsedJson& json) {
  Elements(type, json, 3);
  return Value::INTERVAL(json[0].get<int32_t>(), json[1].get<int32_t>(), json[2].get<int64_t>());
}

// What most keys are, without a cast; absent: it needs one, perhaps to be refused.
std::optional<Value> DecodeInteger(const LogicalType& type, const ParsedJson& json) {
  if (!json.is_number_integer() || type.HasAlias()) return std::nullopt;
  if (json.is_number_unsigned() && json.get<uint64_t>() > INT64_MAX) return std::nullopt;
  const auto value = json.get<int64_t>();
  if (type.id() == LogicalTypeId::BIGINT) return Value::BIGINT(value);
  const bool fits = value >= INT32_MIN && value <= INT32_MAX;
  if (type.id() != LogicalTypeId::INTEGER || !fits) return std::nullopt;
  return Value::INTEGER(static_cast<int32_t>(value));
}

Value Decode(const LogicalType& type, const ParsedJson& json) {
  if (json.is_null()) return Value(type);
  if (auto integer = DecodeInteger(type, json)) return *std::move(integer);
  if (type.IsNested()) return DecodeNested(type, json);
  if (type.id() == LogicalTypeId::INTERVAL) return DecodeInterval(type, json);
  if (json.is_boolean()) return Value::BOOLEAN(json.get<bool>()).DefaultCastAs(type);
  if (json.is_number_unsigned()) return Value::UBIGINT(json.get<uint64_t>()).DefaultCastAs(type);
  if (json.is_number_integer()) return Value::BIGINT(json.get<int64_t>()).DefaultCastAs(type);
  if (!json.is_string()) ThrowMisfit(type, json);
  Value text(json.get<std::string>());
  return type.id() == LogicalTypeId::VARCHAR && !type.HasAlias() ? text : text.DefaultCastAs(type);
}

bool HasExactText(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::VARIANT:
    case LogicalTypeId::GEOMETRY:
      return false;
    case LogicalTypeId::STRUCT:
    case LogicalTypeId::UNION: {
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        if (!HasExactText(child)) return false;
      }
      return true;
    }
    case LogicalTypeId::LIST:
    case LogicalTypeId::MAP:
      return HasExactText(duckdb::ListType::GetChildType(type));
    case LogicalTypeId::ARRAY:
      return HasExactText(duckdb::ArrayType::GetChildType(type));
    default:
      return true;
  }
}

}  // namespace

bool CanInline(const std::vector<LogicalType>& types) {
  for (const auto& type : types) {
    if (!HasExactText(type)) return false;
  }
  return true;
}

InlineRowEncoder::InlineRowEncoder(std::vector<LogicalType> types) : types_(std::move(types)) {}

void InlineRowEncoder::Append(const duckdb::DataChunk& rows) {
  for (duckdb::idx_t row = 0; row < rows.size(); ++row) {
    text_ += row_count_++ == 0 ? "[" : ",[";
    for (size_t column = 0; column < types_.size(); ++column) {
      if (column > 0) text_ += ',';
      AppendValue(rows.GetValue(column, row), text_);
    }
    text_ += ']';
  }
}

std::string InlineRowEncoder::Finish() {
  text_ += ']';
  return std::exchange(text_, {});
}

void DecodeInlineColumns(const InlineBatch& batch, size_t field_count,
                         const std::vector<size_t>& columns,
                         const duckdb::vector<LogicalType>& types,
                         const InlineChunkVisitor& visit) {
  const auto where = fmt::format("inline rows of commit {}", batch.added_at.value);
  const auto json = ParsedJson::parse(batch.rows, nullptr, false);
  if (!json.is_array() || json.size() != batch.row_count) {
    throw duckdb::IOException(fmt::format("{}: expected a JSON array of {} rows, found {} of {}",
                                          where, batch.row_count, json.type_name(), json.size()));
  }
  duckdb::DataChunk chunk;
  // Most batches are of one row.
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types,
                   std::clamp<uint64_t>(batch.row_count, 1, STANDARD_VECTOR_SIZE));
  try {
    for (const auto& row : json) {
      if (!row.is_array() || row.size() != field_count) {
        throw duckdb::IOException(
            fmt::format("expected rows of {} values, found {}", field_count, row.dump()));
      }
      const auto index = chunk.size();
      for (size_t i = 0; i < columns.size(); ++i) {
        chunk.SetValue(i, index, Decode(types[i], row[columns[i]]));
      }
      chunk.SetCardinality(index + 1);
      if (chunk.size() == STANDARD_VECTOR_SIZE) {
        visit(chunk);
        chunk.Reset();
      }
    }
    if (chunk.size() > 0) visit(chunk);
  } catch (const duckdb::Exception& exception) {
    throw duckdb::IOException(
        fmt::format("{}: {}", where, duckdb::ErrorData(exception).RawMessage()));
  } catch (const ParsedJson::exception& exception) {
    throw duckdb::IOException(fmt::format("{}: {}", where, exception.what()));
  }
}

void DecodeInlineRows(const InlineBatch& batch, duckdb::ColumnDataCollection& rows) {
  const auto& types = rows.Types();
  std::vector<size_t> columns(types.size());
  std::iota(columns.begin(), columns.end(), 0);
  DecodeInlineColumns(batch, types.size(), columns, types,
                      [&](duckdb::DataChunk& chunk) { rows.Append(chunk); });
}

}  // namespace icefall
