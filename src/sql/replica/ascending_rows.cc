#include "sql/replica/ascending_rows.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace icefall {
namespace {

std::optional<uint64_t> ReadNumber(std::string_view& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

// The rows of a line behind the number of its column.
std::optional<AscendingRows> ReadDescents(std::string_view line) {
  std::vector<uint64_t> descents;
  while (!line.empty()) {
    if (line.front() != ' ') return std::nullopt;
    line.remove_prefix(1);
    const auto row = ReadNumber(line);
    if (!row || (!descents.empty() && *row <= descents.back())) return std::nullopt;
    descents.push_back(*row);
  }
  return AscendingRows(std::move(descents));
}

}  // namespace

template <typename T>
void AscendingRows::AddIntegers(duckdb::Vector& values, uint64_t count) {
  duckdb::UnifiedVectorFormat format;
  values.ToUnifiedFormat(count, format);
  const auto* data = duckdb::UnifiedVectorFormat::GetData<T>(format);
  for (uint64_t i = 0; i < count; ++i) {
    const auto index = format.sel->get_index(i);
    if (!format.validity.RowIsValid(index)) {
      is_known_ = false;
      return;
    }
    const auto value = static_cast<int64_t>(data[index]);
    if (value < last_) {
      descents_.push_back(row_count_ + i);
      if (descents_.size() > kDescentsMax) {
        is_known_ = false;
        return;
      }
    }
    last_ = value;
  }
}

void AscendingRows::Add(duckdb::Vector& values, uint64_t count) {
  if (!is_known_) return;
  switch (values.GetType().InternalType()) {
    case duckdb::PhysicalType::INT8:
      AddIntegers<int8_t>(values, count);
      break;
    case duckdb::PhysicalType::INT16:
      AddIntegers<int16_t>(values, count);
      break;
    case duckdb::PhysicalType::INT32:
      AddIntegers<int32_t>(values, count);
      break;
    case duckdb::PhysicalType::INT64:
      AddIntegers<int64_t>(values, count);
      break;
    case duckdb::PhysicalType::UINT8:
      AddIntegers<uint8_t>(values, count);
      break;
    case duckdb::PhysicalType::UINT16:
      AddIntegers<uint16_t>(values, count);
      break;
    case duckdb::PhysicalType::UINT32:
      AddIntegers<uint32_t>(values, count);
      break;
    default:
      is_known_ = false;
  }
  row_count_ += count;
}

bool AscendingRows::Ascends(uint64_t begin, uint64_t end) const {
  // The first row's value may be smaller than that of the row before the range.
  const auto descent = std::ranges::upper_bound(descents_, begin);
  return is_known_ && (descent == descents_.end() || *descent >= end);
}

void AddRows(std::vector<AscendingRows>& columns, duckdb::DataChunk& rows) {
  columns.resize(rows.ColumnCount());
  for (size_t i = 0; i < columns.size(); ++i) columns[i].Add(rows.data[i], rows.size());
}

std::string EncodeAscendingRows(const std::vector<AscendingRows>& columns) {
  std::string text;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].is_known()) continue;
    const auto& descents = columns[i].descents();
    text += fmt::format("{}{}{}\n", i, descents.empty() ? "" : " ", fmt::join(descents, " "));
  }
  return text;
}

std::optional<std::vector<std::optional<AscendingRows>>> DecodeAscendingRows(std::string_view text,
                                                                             size_t column_count) {
  std::vector<std::optional<AscendingRows>> columns(column_count);
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const auto column = ReadNumber(line);
    if (!column || *column >= column_count) return std::nullopt;
    columns[*column] = ReadDescents(line);
    if (!columns[*column]) return std::nullopt;
  }
  return columns;
}

}  // namespace icefall
