#include "sql/index/index_lookup.h"

#include <algorithm>
#include <utility>

#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/in_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"

#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/index/fragment_index.h"

namespace icefall {
namespace {

using duckdb::ExpressionType;
using duckdb::TableFilter;
using duckdb::TableFilterType;
using duckdb::Value;

// More values than this are looked up one by one for longer than a scan takes.
constexpr size_t kValueCountMax = 10'000;
// More rows of a file than this share of it, and the scan is better.
constexpr uint64_t kRowShare = 20;
constexpr uint64_t kRowCountMin = 64;
// More inline rows than this are looked at all.
constexpr size_t kInlineRowCountMax = 256;
// Keys of more rows than this are read from the file.
constexpr size_t kKeyCountMax = 1'000;

// What a filter says of a column's values. All of it is true of every row that passes.
struct Bounds {
  std::optional<std::vector<Value>> values;  // one of these
  std::optional<Value> lower;
  std::optional<Value> upper;

  bool empty() const { return !values && !lower && !upper; }
};

void AddConstant(const duckdb::ConstantFilter& filter, Bounds& bounds) {
  if (filter.constant.IsNull()) return;
  switch (filter.comparison_type) {
    case ExpressionType::COMPARE_EQUAL:
      bounds.values = {filter.constant};
      return;
    case ExpressionType::COMPARE_GREATERTHAN:
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      if (!bounds.lower || *bounds.lower < filter.constant) bounds.lower = filter.constant;
      return;
    case ExpressionType::COMPARE_LESSTHAN:
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      if (!bounds.upper || filter.constant < *bounds.upper) bounds.upper = filter.constant;
      return;
    default:
      return;
  }
}

void AddFilter(const TableFilter& filter, Bounds& bounds);

// Values of which each child names some; nothing when one does not.
std::optional<std::vector<Value>> ValuesOfAny(const duckdb::ConjunctionOrFilter& filter) {
  std::vector<Value> values;
  for (const auto& child : filter.child_filters) {
    Bounds bounds;
    AddFilter(*child, bounds);
    if (!bounds.values) return std::nullopt;
    values.insert(values.end(), bounds.values->begin(), bounds.values->end());
  }
  return values;
}

void AddFilter(const TableFilter& filter, Bounds& bounds) {
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON:
      return AddConstant(filter.Cast<duckdb::ConstantFilter>(), bounds);
    case TableFilterType::IN_FILTER: {
      const auto& values = filter.Cast<duckdb::InFilter>().values;
      if (!bounds.values || values.size() < bounds.values->size()) {
        bounds.values.emplace(values.begin(), values.end());
      }
      return;
    }
    case TableFilterType::CONJUNCTION_AND:
      for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
        AddFilter(*child, bounds);
      }
      return;
    case TableFilterType::CONJUNCTION_OR: {
      auto values = ValuesOfAny(filter.Cast<duckdb::ConjunctionOrFilter>());
      if (values && !bounds.values) bounds.values = std::move(values);
      return;
    }
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      if (child) AddFilter(*child, bounds);
      return;
    }
    default:
      return;
  }
}

// Of the key's column; empty when a constant is not of the column's type.
Bounds BoundsOf(const ColumnFilters& filters, duckdb::column_t column,
                const duckdb::LogicalType& type) {
  Bounds bounds;
  const auto found = filters.find(column);
  if (found == filters.end() || type.IsNested()) return bounds;
  AddFilter(*found->second, bounds);
  const auto fits = [&](const Value& value) { return value.IsNull() || value.type() == type; };
  if (bounds.values &&
      (!std::ranges::all_of(*bounds.values, fits) || bounds.values->size() > kValueCountMax)) {
    bounds.values.reset();
  }
  if (bounds.lower && !fits(*bounds.lower)) bounds.lower.reset();
  if (bounds.upper && !fits(*bounds.upper)) bounds.upper.reset();
  return bounds;
}

// The order of stored keys ends there.
std::string Head(std::string key) {
  if (key.size() > kIndexKeyHeadSize) key.resize(kIndexKeyHeadSize);
  return key;
}

}  // namespace

bool IndexLookup::MakeRanges(const IcefallTableEntry& table, const ColumnFilters& filters) {
  const auto& stored_fields = table.definition().stored_fields;
  duckdb::vector<Value> prefix;
  for (size_t c = 0; c < key_.types.size(); ++c) {
    const auto bounds = BoundsOf(filters, stored_fields[key_.columns[c]], key_.types[c]);
    // Behind several values of one column nothing is fixed any more.
    if (bounds.empty() || (c > 0 && (!bounds.values || bounds.values->size() != 1))) break;
    if (bounds.values) {
      if (bounds.values->size() == 1) {
        if (bounds.values->front().IsNull()) return false;
        prefix.push_back(bounds.values->front());
        continue;
      }
      for (const auto& value : *bounds.values) {
        if (value.IsNull()) continue;
        auto key = Head(MakeKey({value}));
        ranges_.push_back({key, key});
      }
      fixed_count_ = 1;
      has_values_ = true;
      break;
    }
    // A NULL is not in the range: its first byte is another one than that of values.
    const auto any = MakeKey({bounds.lower ? *bounds.lower : *bounds.upper}).substr(0, 1);
    ranges_.push_back({bounds.lower ? Head(MakeKey({*bounds.lower})) : any,
                       bounds.upper ? Head(MakeKey({*bounds.upper})) : any});
    break;
  }
  if (!prefix.empty()) {
    auto key = Head(MakeKey(prefix));
    ranges_.push_back({key, key});
    fixed_count_ = prefix.size();
    has_values_ = true;
  }
  std::ranges::sort(ranges_, {}, &Range::lower);
  return !ranges_.empty();
}

std::vector<KeyRange> IndexLookup::KeyRanges() const {
  std::vector<KeyRange> ranges;
  const bool are_whole = fixed_count_ == key_.types.size();
  for (const auto& range : ranges_) {
    if (are_whole && range.lower.size() < kIndexKeyHeadSize) {
      ranges.push_back(RangeOfKey(range.lower));
    } else {
      ranges.push_back({range.lower, EndOfPrefix(range.upper)});
    }
  }
  return ranges;
}

std::unique_ptr<IndexLookup> IndexLookup::Plan(const IcefallTableEntry& table,
                                               const ColumnFilters& filters) {
  std::unique_ptr<IndexLookup> best;
  if (filters.empty()) return best;
  for (const auto& constraint : table.table_schema().constraints) {
    if (constraint.kind == Constraint::Kind::kCheck) continue;
    auto lookup = std::make_unique<IndexLookup>();
    lookup->key_ = DefineKey(table, constraint);
    if (!lookup->MakeRanges(table, filters)) continue;
    if (!best || lookup->fixed_count_ > best->fixed_count_) best = std::move(lookup);
  }
  return best;
}

std::optional<IndexRows> IndexLookup::Find(duckdb::ClientContext& context,
                                           const IcefallTableEntry& table,
                                           const FragmentPointer& fragment) const {
  const uint64_t count_max = kRowCountMin + fragment->row_count / kRowShare;
  IndexRows found;
  bool keeps_keys = IsReadBackExactly(key_);
  const auto gather = [&](const IndexFile& file) -> Result<void> {
    found = {};
    IndexCursor cursor(file);
    for (const auto& range : ranges_) {
      if (range.lower > file.highest()) break;
      ICEFALL_RETURN_IF_ERROR(cursor.Seek(range.lower));
      while (cursor.valid() && found.positions.size() <= count_max &&
             (cursor.StartsWith(range.upper) || cursor.Compare(range.upper) < 0)) {
        const uint64_t position = cursor.position();
        const bool is_live = !fragment->deletes || !fragment->deletes->Contains(position);
        if (is_live) {
          found.positions.push_back(position);
          if (keeps_keys) found.keys.push_back(cursor.key());
          keeps_keys = keeps_keys && found.keys.size() <= kKeyCountMax &&
                       found.keys.back().size() < kIndexKeySizeMax;
        }
        ICEFALL_RETURN_IF_ERROR(cursor.Next());
      }
    }
    return {};
  };
  if (has_values_) {
    UseFragmentIndex(context, table, key_, fragment, gather);
  } else {
    auto& catalog = table.schema.catalog.Cast<IcefallCatalog>();
    const auto file = FindFragmentIndex(catalog, table.object()->directory, key_, *fragment);
    if (file == nullptr || !gather(*file).has_value()) return std::nullopt;
  }
  if (found.positions.size() > count_max) return std::nullopt;
  if (!keeps_keys) found.keys.clear();
  return found;
}

std::optional<IndexRows> IndexLookup::FindInline(duckdb::ClientContext& context,
                                                 const IcefallTableEntry& table) const {
  auto& catalog = table.schema.catalog.Cast<IcefallCatalog>();
  const auto keys = catalog.inline_keys().Get(table.uuid(), key_);
  std::vector<std::pair<uint64_t, std::string>> rows;
  for (const auto& range : ranges_) {
    Unwrap(keys->ForEachFrom(*table.snapshot(), &context, range.lower,
                             [&](std::string_view key, uint64_t position) {
                               if (key > range.upper && !key.starts_with(range.upper)) return true;
                               rows.emplace_back(position, key);
                               return rows.size() > kInlineRowCountMax;
                             }));
    if (rows.size() > kInlineRowCountMax) return std::nullopt;
  }
  std::ranges::sort(rows);
  IndexRows found;
  const bool keeps_keys = IsReadBackExactly(key_);
  for (auto& [position, key] : rows) {
    found.positions.push_back(position);
    if (keeps_keys) found.keys.push_back(std::move(key));
  }
  return found;
}

}  // namespace icefall
