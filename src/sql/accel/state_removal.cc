#include "sql/accel/state_removal.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "duckdb/common/types/hugeint.hpp"

#include "sql/accel/sketch_functions.h"
#include "sql/accel/state_functions.h"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;

// One state of a group, before and after.
struct State {
  std::vector<Value> kept;  // which come to one
  Value removed;
};

// What is left of a state.
struct Rest {
  Value value;
  bool has_rows = false;  // that there are rows in the group follows from it
};

// Of the values that are not NULL, the one that is before all others.
Value First(const std::vector<Value>& values, bool is_minimum) {
  Value first;
  for (const auto& value : values) {
    if (value.IsNull()) continue;
    if (first.IsNull() || (is_minimum ? value < first : value > first)) first = value;
  }
  return first;
}

std::optional<Rest> RestOfCount(const State& state) {
  auto count = -state.removed.GetValue<int64_t>();
  for (const auto& kept : state.kept) count += kept.GetValue<int64_t>();
  if (count < 0) return std::nullopt;
  return Rest{Value::BIGINT(count), count > 0};
}

std::optional<Rest> RestOfSum(const State& state) {
  const auto& type = state.removed.type();
  if (type.InternalType() != duckdb::PhysicalType::INT128) return std::nullopt;
  duckdb::hugeint_t sum(0);
  bool has_values = false;
  for (const auto& kept : state.kept) {
    if (kept.IsNull()) continue;
    has_values = true;
    if (!duckdb::Hugeint::TryAddInPlace(sum, kept.GetValueUnsafe<duckdb::hugeint_t>())) {
      return std::nullopt;
    }
  }
  if (!state.removed.IsNull()) {
    const auto removed = state.removed.GetValueUnsafe<duckdb::hugeint_t>();
    // Of 0, values may be left or none.
    if (!has_values || !duckdb::Hugeint::TrySubtractInPlace(sum, removed) || sum == 0) {
      return std::nullopt;
    }
  }
  if (!has_values) return Rest{Value(type)};
  auto value = Value::HUGEINT(sum);
  value.Reinterpret(type);
  return Rest{std::move(value), true};
}

// Whether values are in the order that minima go by.
bool IsOrdered(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::BLOB:
      return true;
    default:
      return type.IsNumeric();
  }
}

std::optional<Rest> RestOfBound(const State& state, bool is_minimum) {
  if (!IsOrdered(state.removed.type())) return std::nullopt;
  auto first = First(state.kept, is_minimum);
  if (first.IsNull()) {
    if (!state.removed.IsNull()) return std::nullopt;
    return Rest{Value(state.removed.type())};
  }
  const bool is_left =
      state.removed.IsNull() || (is_minimum ? first < state.removed : first > state.removed);
  if (!is_left) return std::nullopt;
  return Rest{std::move(first), true};
}

using BytesWithout = std::optional<std::string>(const StateDifference&);

std::optional<Rest> RestOfBytes(const State& state, BytesWithout& without) {
  std::vector<std::string> all;
  for (const auto& kept : state.kept) all.push_back(duckdb::StringValue::Get(kept));
  const auto rest = without({all, duckdb::StringValue::Get(state.removed)});
  if (!rest) return std::nullopt;
  return Rest{Value::BLOB(duckdb::const_data_ptr_cast(rest->data()), rest->size()), true};
}

std::optional<Rest> RestOf(const State& state, const std::string& kind) {
  if (kind == "count_star" || kind == "count") return RestOfCount(state);
  if (kind == "sum") return RestOfSum(state);
  if (kind == "min" || kind == "max") return RestOfBound(state, kind == "min");
  if (kind == "double sum") return RestOfBytes(state, DoubleSumWithout);
  if (kind == "double moments") return RestOfBytes(state, DoubleMomentsWithout);
  if (kind == "distinct sketch") return RestOfBytes(state, DistinctSketchWithout);
  return std::nullopt;
}

// Rows of one group: keys, then states.
struct Group {
  std::vector<Value> removed;
  std::vector<std::vector<Value>> kept;
};

std::vector<Value> RowOf(const duckdb::DataChunk& rows, duckdb::idx_t row) {
  std::vector<Value> values;
  for (size_t column = 0; column < rows.ColumnCount(); ++column) {
    values.push_back(rows.GetValue(column, row));
  }
  return values;
}

class Removal {
 public:
  Removal(const StateRows& removed, const std::vector<std::string>& kinds) : kinds_(kinds) {
    types_ = removed.chunks[0]->GetTypes();
    key_count_ = types_.size() - kinds.size();
    for (size_t key = 0; key < key_count_; ++key) key_columns_.push_back(key);
    for (const auto& chunk : removed.chunks) {
      const auto hashes = HashesOf(*chunk);
      for (duckdb::idx_t row = 0; row < chunk->size(); ++row) {
        by_hash_.emplace(hashes[row], groups_.size());
        groups_.push_back({RowOf(*chunk, row), {}});
      }
    }
  }

  // Adds the rows of other groups to what is left.
  void Add(const StatePart& kept) {
    for (const auto& chunk : kept.rows->chunks) {
      duckdb::DataChunk rows;
      rows.InitializeEmpty(types_);
      for (size_t i = 0; i < types_.size(); ++i) {
        rows.data[i].Reference(chunk->data[kept.columns[i]]);
      }
      rows.SetCardinality(chunk->size());
      AddChunk(rows);
    }
  }

  StateRowsPointer Finish() {
    auto changed = duckdb::make_uniq<duckdb::DataChunk>();
    changed->Initialize(duckdb::Allocator::DefaultAllocator(), types_, groups_.size());
    for (const auto& group : groups_) {
      if (!AddRest(group, *changed)) return nullptr;
    }
    if (changed->size() > 0) result_->Add(std::move(changed));
    return std::move(result_);
  }

 private:
  // All the same without keys.
  std::vector<duckdb::hash_t> HashesOf(duckdb::DataChunk& rows) {
    std::vector<duckdb::hash_t> result(rows.size());
    if (key_count_ == 0) return result;
    duckdb::Vector hashes(duckdb::LogicalType::HASH, rows.size());
    rows.Hash(key_columns_, hashes);
    hashes.Flatten(rows.size());
    std::copy_n(duckdb::FlatVector::GetData<duckdb::hash_t>(hashes), rows.size(), result.begin());
    return result;
  }

  Group* GroupOf(const duckdb::DataChunk& rows, duckdb::idx_t row, duckdb::hash_t hash) {
    const auto [begin, end] = by_hash_.equal_range(hash);
    const auto found = std::find_if(begin, end, [&](const auto& entry) {
      const auto& keys = groups_[entry.second].removed;
      return std::ranges::all_of(key_columns_, [&](size_t key) {
        return Value::NotDistinctFrom(rows.GetValue(key, row), keys[key]);
      });
    });
    return found == end ? nullptr : &groups_[found->second];
  }

  void AddChunk(duckdb::DataChunk& rows) {
    const auto hashes = HashesOf(rows);
    duckdb::SelectionVector others(rows.size());
    duckdb::idx_t other_count = 0;
    for (duckdb::idx_t row = 0; row < rows.size(); ++row) {
      if (auto* group = GroupOf(rows, row, hashes[row])) {
        group->kept.push_back(RowOf(rows, row));
      } else {
        others.set_index(other_count++, row);
      }
    }
    if (other_count == 0) return;
    auto copy = duckdb::make_uniq<duckdb::DataChunk>();
    copy->Initialize(duckdb::Allocator::DefaultAllocator(), types_, other_count);
    rows.Copy(*copy, others, other_count);
    result_->Add(std::move(copy));
  }

  State StateOf(const Group& group, size_t column) const {
    State state{{}, group.removed[column]};
    for (const auto& row : group.kept) state.kept.push_back(row[column]);
    return state;
  }

  // Whether the rows were all of the group.
  bool IsGone(const Group& group) const {
    const auto count = std::ranges::find(kinds_, "count_star") - kinds_.begin();
    if (count == std::ssize(kinds_)) return false;
    const auto rest = RestOfCount(StateOf(group, key_count_ + static_cast<size_t>(count)));
    return rest && !rest->has_rows;
  }

  bool AddRest(const Group& group, duckdb::DataChunk& rows) const {
    if (group.kept.empty()) return false;
    if (IsGone(group)) return true;
    const auto row = rows.size();
    bool has_rows = key_count_ == 0;
    for (size_t i = 0; i < types_.size(); ++i) {
      if (i < key_count_) {
        rows.SetValue(i, row, group.kept[0][i]);
        continue;
      }
      const auto rest = RestOf(StateOf(group, i), kinds_[i - key_count_]);
      if (!rest) return false;
      rows.SetValue(i, row, rest->value);
      has_rows = has_rows || rest->has_rows;
    }
    rows.SetCardinality(row + 1);
    return has_rows;
  }

  const std::vector<std::string>& kinds_;
  duckdb::vector<duckdb::LogicalType> types_;
  size_t key_count_ = 0;
  duckdb::vector<duckdb::idx_t> key_columns_;
  std::vector<Group> groups_;
  std::unordered_multimap<duckdb::hash_t, size_t> by_hash_;  // positions in groups_
  std::shared_ptr<StateRows> result_ = std::make_shared<StateRows>();
};

// These columns and no others.
StateRowsPointer OnlyColumns(const StatePart& part) {
  auto result = std::make_shared<StateRows>();
  for (const auto& chunk : part.rows->chunks) {
    duckdb::vector<duckdb::LogicalType> types;
    for (const auto column : part.columns) types.push_back(chunk->data[column].GetType());
    auto rows = duckdb::make_uniq<duckdb::DataChunk>();
    rows->InitializeEmpty(types);
    for (size_t i = 0; i < types.size(); ++i) {
      rows->data[i].Reference(chunk->data[part.columns[i]]);
    }
    rows->SetCardinality(chunk->size());
    result->Add(std::move(rows));
  }
  return result;
}

bool IsWhole(const StatePart& part) {
  if (part.rows->chunks.empty()) return true;
  if (part.rows->chunks[0]->ColumnCount() != part.columns.size()) return false;
  // One column may answer two.
  for (size_t i = 0; i < part.columns.size(); ++i) {
    if (part.columns[i] != i) return false;
  }
  return true;
}

}  // namespace

StateRowsPointer StatesWithout(const StatePart& kept, const StateRows& removed,
                               const std::vector<std::string>& kinds) {
  if (removed.row_count == 0) return IsWhole(kept) ? kept.rows : OnlyColumns(kept);
  Removal removal(removed, kinds);
  removal.Add(kept);
  return removal.Finish();
}

}  // namespace icefall
