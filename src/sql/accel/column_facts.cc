#include "sql/accel/column_facts.h"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "duckdb/common/operator/comparison_operators.hpp"
#include "duckdb/common/types/string_type.hpp"
#include "duckdb/common/types/uhugeint.hpp"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;
using duckdb::PhysicalType;
using Rows = std::vector<LiveExtremes::Row>;

// Candidates wait until there are so many.
constexpr size_t kWaitingCountMax = 4 * kExtremeCountMax;

bool IsNoted(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::VARCHAR:
      return duckdb::StringType::GetCollation(type).empty();
    case LogicalTypeId::BLOB:
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
      return true;
    default:
      return type.IsIntegral();
  }
}

// A value as it is kept, and how it is compared.
template <typename T>
struct Kept {
  using Type = T;
  static T Keep(const T& value) { return value; }
  template <bool kSmallest>
  static bool IsBefore(const T& a, const T& b) {
    if constexpr (kSmallest) return duckdb::LessThan::Operation(a, b);
    return duckdb::GreaterThan::Operation(a, b);
  }
};

template <>
struct Kept<duckdb::string_t> {
  using Type = std::string;
  // A byte longer than what is noted shows that there was more; it is in its place all the same.
  static std::string Keep(const duckdb::string_t& value) {
    return {value.GetData(), std::min<size_t>(value.GetSize(), kExtremeTextSizeMax + 1)};
  }
  static std::string_view View(const std::string& text) { return text; }
  static std::string_view View(const duckdb::string_t& text) {
    return {text.GetData(), text.GetSize()};
  }
  template <bool kSmallest>
  static bool IsBefore(const auto& a, const auto& b) {
    return kSmallest ? View(a) < View(b) : View(b) < View(a);
  }
};

// The first rows of one end, of those that are shown to it in the order of their positions.
template <typename T, bool kSmallest>
class End {
 public:
  void Show(const T& value, uint32_t row) {
    if (is_full_ && !Kept<T>::template IsBefore<kSmallest>(value, limit_)) return;
    rows_.emplace_back(Kept<T>::Keep(value), row);
    if (rows_.size() == kWaitingCountMax) Shrink();
  }

  Rows Take(const duckdb::LogicalType& type) {
    std::ranges::sort(rows_, IsRowBefore);
    if (rows_.size() > kExtremeCountMax) rows_.resize(kExtremeCountMax);
    Rows result;
    result.reserve(rows_.size());
    for (auto& [value, row] : rows_) {
      if constexpr (std::is_same_v<T, duckdb::string_t>) {
        // What was cut may end inside of a character, which a value of the type would refuse.
        auto text = duckdb::Value::BLOB_RAW(value);
        text.Reinterpret(type);
        result.push_back({std::move(text), row});
      } else {
        auto number = duckdb::Value::CreateValue(value);
        number.Reinterpret(type);
        result.push_back({std::move(number), row});
      }
    }
    return result;
  }

 private:
  using Row = std::pair<typename Kept<T>::Type, uint32_t>;

  static bool IsRowBefore(const Row& a, const Row& b) {
    if (Kept<T>::template IsBefore<kSmallest>(a.first, b.first)) return true;
    return !Kept<T>::template IsBefore<kSmallest>(b.first, a.first) && a.second < b.second;
  }

  void Shrink() {
    const auto last = rows_.begin() + (kExtremeCountMax - 1);
    std::ranges::nth_element(rows_, last, IsRowBefore);
    rows_.resize(kExtremeCountMax);
    limit_ = rows_.back().first;
    is_full_ = true;
  }

  std::vector<Row> rows_;
  typename Kept<T>::Type limit_ = {};  // rows that are not before it are of no use
  bool is_full_ = false;
};

// Calls `visit` with each chunk's values of a column, and the number of its first row.
template <typename Visit>
void ForEachChunk(const duckdb::ColumnDataCollection& rows, size_t column, Visit visit) {
  duckdb::ColumnDataScanState state;
  rows.InitializeScan(state, {column});
  duckdb::DataChunk chunk;
  rows.InitializeScanChunk(state, chunk);
  uint32_t first_row = 0;
  while (rows.Scan(state, chunk)) {
    duckdb::UnifiedVectorFormat format;
    chunk.data[0].ToUnifiedFormat(chunk.size(), format);
    visit(format, static_cast<uint32_t>(chunk.size()), first_row);
    first_row += static_cast<uint32_t>(chunk.size());
  }
}

class Collector {
 public:
  Collector(const duckdb::ColumnDataCollection& rows, size_t column)
      : rows_(rows), column_(column), type_(rows.Types()[column]) {}

  GroupFacts Collect() {
    if (!IsNoted(type_)) {
      CollectNulls();
    } else {
      CollectByType();
    }
    facts_.nulls = EncodeGroupNulls(nulls_, rows_.Count());
    return std::move(facts_);
  }

 private:
  void CollectByType() {
    switch (type_.InternalType()) {
      case PhysicalType::BOOL:
        return CollectAs<bool>();
      case PhysicalType::INT8:
        return CollectAs<int8_t>();
      case PhysicalType::INT16:
        return CollectAs<int16_t>();
      case PhysicalType::INT32:
        return CollectAs<int32_t>();
      case PhysicalType::INT64:
        return CollectAs<int64_t>();
      case PhysicalType::UINT8:
        return CollectAs<uint8_t>();
      case PhysicalType::UINT16:
        return CollectAs<uint16_t>();
      case PhysicalType::UINT32:
        return CollectAs<uint32_t>();
      case PhysicalType::UINT64:
        return CollectAs<uint64_t>();
      case PhysicalType::INT128:
        return CollectAs<duckdb::hugeint_t>();
      case PhysicalType::UINT128:
        return CollectAs<duckdb::uhugeint_t>();
      case PhysicalType::FLOAT:
        return CollectAs<float>();
      case PhysicalType::DOUBLE:
        return CollectAs<double>();
      case PhysicalType::VARCHAR:
        return CollectAs<duckdb::string_t>();
      default:
        return CollectNulls();
    }
  }

  template <typename T>
  void CollectAs() {
    End<T, true> smallest;
    End<T, false> largest;
    ForEachChunk(rows_, column_, [&](const auto& format, uint32_t count, uint32_t first_row) {
      const auto* values = duckdb::UnifiedVectorFormat::GetData<T>(format);
      const bool all_valid = format.validity.AllValid();
      for (uint32_t i = 0; i < count; ++i) {
        const auto index = format.sel->get_index(i);
        if (!all_valid && !format.validity.RowIsValid(index)) {
          nulls_.push_back(first_row + i);
          continue;
        }
        smallest.Show(values[index], first_row + i);
        largest.Show(values[index], first_row + i);
      }
    });
    facts_.smallest = smallest.Take(type_);
    facts_.largest = largest.Take(type_);
  }

  void CollectNulls() {
    ForEachChunk(rows_, column_, [&](const auto& format, uint32_t count, uint32_t first_row) {
      if (format.validity.AllValid()) return;
      for (uint32_t i = 0; i < count; ++i) {
        if (!format.validity.RowIsValid(format.sel->get_index(i))) nulls_.push_back(first_row + i);
      }
    });
  }

  const duckdb::ColumnDataCollection& rows_;
  const size_t column_;
  const duckdb::LogicalType type_;
  std::vector<uint32_t> nulls_;
  GroupFacts facts_;
};

// `after`: of rows behind those of `all`.
template <typename IsBefore>
void Merge(Rows& all, Rows after, uint64_t first_row, IsBefore is_before) {
  for (auto& row : after) {
    if (all.size() >= kExtremeCountMax && !is_before(row.value, all.back().value)) return;
    row.position += first_row;
    const auto place =
        std::upper_bound(all.begin(), all.end(), row,
                         [&](const auto& a, const auto& b) { return is_before(a.value, b.value); });
    all.insert(place, std::move(row));
    if (all.size() > kExtremeCountMax) all.pop_back();
  }
}

// Which of two texts is the smaller one may be behind what was cut, and so may be others.
void EndAtCutText(Rows& rows, const duckdb::LogicalType& type) {
  if (type.InternalType() != PhysicalType::VARCHAR) return;
  const auto cut = std::ranges::find_if(rows, [](const auto& row) {
    return duckdb::StringValue::Get(row.value).size() > kExtremeTextSizeMax;
  });
  rows.erase(cut, rows.end());
}

}  // namespace

std::vector<GroupFacts> CollectGroupFacts(const duckdb::ColumnDataCollection& rows,
                                          size_t column_count) {
  std::vector<GroupFacts> facts;
  facts.reserve(column_count);
  for (size_t column = 0; column < column_count; ++column) {
    facts.push_back(Collector(rows, column).Collect());
  }
  return facts;
}

void FactsOfFile::Append(std::vector<GroupFacts> columns, uint64_t row_count) {
  columns_.resize(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    auto& [smallest, largest, nulls, has_nulls] = columns_[i];
    Merge(smallest, std::move(columns[i].smallest), row_count_,
          [](const auto& a, const auto& b) { return a < b; });
    Merge(largest, std::move(columns[i].largest), row_count_,
          [](const auto& a, const auto& b) { return b < a; });
    has_nulls |= columns[i].nulls.null_count > 0;
    nulls.push_back(std::move(columns[i].nulls));
  }
  row_count_ += row_count;
}

std::vector<FactsOfColumn> FactsOfFile::Finish(const std::vector<FieldId>& fields,
                                               const duckdb::vector<duckdb::LogicalType>& types) {
  std::vector<FactsOfColumn> facts;
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto& column = columns_[i];
    EndAtCutText(column.smallest, types[i]);
    EndAtCutText(column.largest, types[i]);
    facts.push_back({fields[i], types[i], std::move(column.smallest), std::move(column.largest),
                     column.has_nulls ? EncodeNulls(column.nulls) : ""});
  }
  return facts;
}

}  // namespace icefall
