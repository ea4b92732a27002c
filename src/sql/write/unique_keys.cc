#include "sql/write/unique_keys.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "duckdb/execution/aggregate_hashtable.hpp"
#include "duckdb/storage/buffer_manager.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"
#include "duckdb/storage/statistics/string_stats.hpp"

#include "sql/scan/fragment_statistics.h"
#include "sql/scan/row_scanner.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/partial_table.h"

namespace icefall {

using duckdb::DataChunk;
using duckdb::Value;

// The new keys, to find others in.
class UniqueKeys::Index {
 public:
  Index(duckdb::ClientContext& context, const IcefallTableEntry& table, const Key& key,
        uint64_t row_count)
      : table_(table),
        key_(key),
        groups_(context, duckdb::BufferAllocator::Get(context), key.types),
        addresses_(duckdb::LogicalType::POINTER),
        hashes_(duckdb::LogicalType::HASH),
        selected_(STANDARD_VECTOR_SIZE),
        fresh_(STANDARD_VECTOR_SIZE) {
    // At most half full, so that probing ends soon.
    filter_.resize(std::bit_ceil(std::max<uint64_t>(row_count, 1) * 2));
  }

  // Throws when two keys are equal.
  void Add(DataChunk& keys) {
    keys.Hash(hashes_);
    hashes_.Flatten(keys.size());
    const auto* hashes = duckdb::FlatVector::GetData<duckdb::hash_t>(hashes_);
    for (size_t row = 0; row < keys.size(); ++row) Remember(hashes[row]);
    Insert(keys);
    NoteRange(keys);
  }

  // Throws when one of the keys was added. Rows of `keys` at `selected` are looked at.
  void Probe(DataChunk& keys, const duckdb::SelectionVector& candidates, size_t count) {
    keys.Hash(hashes_);
    hashes_.Flatten(keys.size());
    const auto* hashes = duckdb::FlatVector::GetData<duckdb::hash_t>(hashes_);
    size_t found = 0;
    for (size_t i = 0; i < count; ++i) {
      const auto row = candidates.get_index(i);
      if (Knows(hashes[row])) selected_.set_index(found++, row);
    }
    if (found == 0) return;
    DataChunk slice;
    slice.InitializeEmpty(key_.types);
    slice.Slice(keys, selected_, found);
    slice.Flatten();
    // Keys of live rows differ from each other: one that is not fresh is one of the new.
    Insert(slice);
  }

  // Smallest and largest value of the first column.
  const Value& lowest() const { return lowest_; }
  const Value& highest() const { return highest_; }

 private:
  void Insert(DataChunk& keys) {
    const auto fresh_count = groups_.FindOrCreateGroups(keys, addresses_, fresh_);
    if (fresh_count == keys.size()) return;
    std::vector<bool> is_fresh(keys.size());
    for (size_t i = 0; i < fresh_count; ++i) is_fresh[fresh_.get_index(i)] = true;
    const auto row = std::find(is_fresh.begin(), is_fresh.end(), false) - is_fresh.begin();
    std::string text;
    for (size_t c = 0; c < keys.ColumnCount(); ++c) {
      if (c > 0) text += ", ";
      text += keys.data[c].GetValue(row).ToString();
    }
    throw duckdb::ConstraintException(
        "unique key violation on index '%s' of table '%s': duplicate key '%s'", key_.name,
        table_.name, text);
  }

  // 0 marks an empty place.
  static uint64_t Mark(uint64_t hash) { return hash == 0 ? 1 : hash; }
  void Remember(uint64_t hash) {
    size_t place = hash & (filter_.size() - 1);
    while (filter_[place] != 0 && filter_[place] != Mark(hash)) {
      place = (place + 1) & (filter_.size() - 1);
    }
    filter_[place] = Mark(hash);
  }
  bool Knows(uint64_t hash) const {
    size_t place = hash & (filter_.size() - 1);
    while (filter_[place] != 0) {
      if (filter_[place] == Mark(hash)) return true;
      place = (place + 1) & (filter_.size() - 1);
    }
    return false;
  }

  void NoteRange(DataChunk& keys) {
    for (size_t row = 0; row < keys.size(); ++row) {
      auto value = keys.data[0].GetValue(row);
      if (lowest_.IsNull() || value < lowest_) lowest_ = value;
      if (highest_.IsNull() || value > highest_) highest_ = std::move(value);
    }
  }

  const IcefallTableEntry& table_;
  const Key& key_;
  duckdb::GroupedAggregateHashTable groups_;
  duckdb::Vector addresses_;
  duckdb::Vector hashes_;
  duckdb::SelectionVector selected_;
  duckdb::SelectionVector fresh_;
  std::vector<uint64_t> filter_;  // hashes of the new keys, open addressing
  Value lowest_;
  Value highest_;
};

UniqueKeys::UniqueKeys(TableEntryPointer table) : table_(std::move(table)) {
  for (const auto& constraint : table_->table_schema().constraints) {
    if (constraint.kind == Constraint::Kind::kCheck) continue;
    Key key;
    key.name = constraint.name;
    for (const auto field : constraint.fields) {
      for (size_t i = 0; i < table_->stored_count(); ++i) {
        if (table_->StoredField(duckdb::PhysicalIndex(i)).id != field) continue;
        key.columns.push_back(i);
        key.types.push_back(table_->definition().stored_types[i]);
      }
    }
    keys_.push_back(std::move(key));
  }
  rows_.resize(keys_.size());
}

UniqueKeys::~UniqueKeys() = default;

std::unique_ptr<UniqueKeys::Local> UniqueKeys::NewLocal(duckdb::ClientContext& context,
                                                        const std::vector<bool>& changed) const {
  auto local = std::make_unique<Local>();
  for (const auto& key : keys_) {
    const bool is_changed =
        changed.empty() || std::ranges::any_of(key.columns, [&](size_t c) { return changed[c]; });
    local->rows.push_back(
        is_changed ? duckdb::make_uniq<duckdb::ColumnDataCollection>(context, key.types) : nullptr);
  }
  return local;
}

bool UniqueKeys::has_rows() const {
  return std::ranges::any_of(rows_,
                             [](const Rows& rows) { return rows != nullptr && rows->Count() > 0; });
}

void UniqueKeys::Append(Local& local, DataChunk& rows) const {
  for (size_t k = 0; k < keys_.size(); ++k) {
    if (local.rows[k] == nullptr) continue;
    const auto& key = keys_[k];
    DataChunk columns;
    columns.InitializeEmpty(key.types);
    duckdb::SelectionVector complete(rows.size());
    std::vector<bool> has_null(rows.size());
    for (size_t c = 0; c < key.columns.size(); ++c) {
      auto& column = rows.data[key.columns[c]];
      columns.data[c].Reference(column);
      duckdb::UnifiedVectorFormat format;
      column.ToUnifiedFormat(rows.size(), format);
      if (format.validity.AllValid()) continue;
      for (size_t row = 0; row < rows.size(); ++row) {
        if (!format.validity.RowIsValid(format.sel->get_index(row))) has_null[row] = true;
      }
    }
    columns.SetCardinality(rows.size());
    // A key with a NULL equals no other.
    size_t count = 0;
    for (size_t row = 0; row < rows.size(); ++row) {
      if (!has_null[row]) complete.set_index(count++, row);
    }
    if (count < rows.size()) columns.Slice(complete, count);
    local.rows[k]->Append(columns);
  }
}

void UniqueKeys::Combine(Local& local) {
  const std::lock_guard lock(mutex_);
  for (size_t k = 0; k < keys_.size(); ++k) {
    if (local.rows[k] == nullptr) continue;
    if (rows_[k] == nullptr) {
      rows_[k] = std::move(local.rows[k]);
    } else {
      rows_[k]->Combine(*local.rows[k]);
    }
  }
}

void UniqueKeys::Check(duckdb::ClientContext& context, const DeletedPositions& deleted) {
  for (size_t k = 0; k < keys_.size(); ++k) {
    if (rows_[k] == nullptr || rows_[k]->Count() == 0) continue;
    CheckKey(context, keys_[k], *rows_[k], deleted);
  }
}

void UniqueKeys::CheckKey(duckdb::ClientContext& context, const Key& key,
                          duckdb::ColumnDataCollection& rows,
                          const DeletedPositions& deleted) const {
  Index index(context, *table_, key, rows.Count());
  for (auto& chunk : rows.Chunks()) {
    chunk.Flatten();
    index.Add(chunk);
  }
  if (table_->snapshot()->live_row_count > 0) CheckStored(context, key, index, deleted);
}

namespace {

// False when the statistics show that all values are outside of [lowest, highest].
bool MayHold(const duckdb::BaseStatistics& statistics, const Value& lowest, const Value& highest) {
  switch (statistics.GetStatsType()) {
    case duckdb::StatisticsType::NUMERIC_STATS:
      if (!duckdb::NumericStats::HasMinMax(statistics)) return true;
      return duckdb::NumericStats::Min(statistics) <= highest &&
             duckdb::NumericStats::Max(statistics) >= lowest;
    default:
      return true;
  }
}

}  // namespace

void UniqueKeys::CheckStored(duckdb::ClientContext& context, const Key& key, Index& index,
                             const DeletedPositions& deleted) const {
  const auto& field = table_->StoredField(duckdb::PhysicalIndex(key.columns.front()));
  const auto part = OnlyFragments(*table_, [&](const Fragment& fragment) {
    const auto statistics =
        FragmentStatistics(context, *table_->snapshot(), fragment, field, key.types.front());
    return statistics == nullptr || MayHold(*statistics, index.lowest(), index.highest());
  });
  if (part->snapshot()->live_row_count == 0) return;
  duckdb::vector<duckdb::column_t> columns;
  for (const size_t column : key.columns) {
    columns.push_back(table_->definition().stored_fields[column]);
  }
  columns.push_back(kFragmentColumn);
  columns.push_back(kPositionColumn);
  RowScanner scanner(context, part, columns);
  DataChunk rows;
  rows.Initialize(context, scanner.types());
  DataChunk keys;
  keys.InitializeEmpty(key.types);
  duckdb::SelectionVector kept(STANDARD_VECTOR_SIZE);
  while (scanner.Next(rows)) {
    rows.Flatten();
    const size_t width = key.columns.size();
    const auto* fragments = duckdb::FlatVector::GetData<uint64_t>(rows.data[width]);
    const auto* positions = duckdb::FlatVector::GetData<int64_t>(rows.data[width + 1]);
    size_t count = 0;
    for (size_t row = 0; row < rows.size(); ++row) {
      const auto* set = deleted.Find(fragments[row]);
      if (set == nullptr || !set->Contains(static_cast<uint64_t>(positions[row]))) {
        kept.set_index(count++, row);
      }
    }
    for (size_t c = 0; c < width; ++c) keys.data[c].Reference(rows.data[c]);
    keys.SetCardinality(rows.size());
    index.Probe(keys, kept, count);
  }
}

}  // namespace icefall
