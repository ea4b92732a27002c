#include "sql/write/unique_keys.h"

#include <algorithm>
#include <iterator>
#include <queue>
#include <utility>

#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction.h"
#include "sql/index/fragment_index.h"
#include "sql/index/fragment_ranges.h"
#include "sql/index/key_claim.h"
#include "sql/index/key_probe.h"
#include "sql/scan/virtual_columns.h"

namespace icefall {

using duckdb::DataChunk;

UniqueKeys::UniqueKeys(TableEntryPointer table) : table_(std::move(table)) {
  for (const auto& constraint : table_->table_schema().constraints) {
    if (!IsUnique(constraint.kind)) continue;
    keys_.push_back({DefineKey(*table_, constraint), {}, {}});
  }
}

UniqueKeys::~UniqueKeys() = default;

std::unique_ptr<UniqueKeys::Local> UniqueKeys::NewLocal(const std::vector<bool>& changed,
                                                        bool is_alone) const {
  auto local = std::make_unique<Local>();
  local->runs.resize(keys_.size());
  local->is_alone = is_alone;
  for (const auto& key : keys_) {
    local->is_kept.push_back(
        !changed.empty() &&
        std::ranges::none_of(key.definition.columns, [&](size_t c) { return changed[c]; }));
  }
  return local;
}

void UniqueKeys::Append(Local& local, DataChunk& rows) const {
  for (size_t k = 0; k < keys_.size(); ++k) {
    if (local.is_kept[k] && local.is_alone) continue;
    const auto& key = keys_[k].definition;
    DataChunk columns;
    columns.InitializeEmpty(key.types);
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
    auto keys = MakeKeys(columns);
    const auto* bytes = duckdb::FlatVector::GetData<duckdb::string_t>(keys);
    for (size_t row = 0; row < rows.size(); ++row) {
      // A key with a NULL equals no other.
      if (!has_null[row]) local.runs[k].Add({bytes[row].GetData(), bytes[row].GetSize()}, 0);
    }
  }
}

void UniqueKeys::Combine(Local& local) {
  for (auto& run : local.runs) run.Sort();
  const std::lock_guard lock(mutex_);
  for (size_t k = 0; k < keys_.size(); ++k) {
    if (local.runs[k].empty()) continue;
    auto& runs = local.is_kept[k] ? keys_[k].kept_runs : keys_[k].runs;
    runs.push_back(std::move(local.runs[k]));
  }
}

void UniqueKeys::Check(duckdb::ClientContext& context, const DeletedPositions& deleted) {
  for (auto& key : keys_) {
    if (key.runs.empty()) continue;
    std::ranges::move(key.kept_runs, std::back_inserter(key.runs));
    key.kept_runs.clear();
    CheckNew(key);
    CheckFragments(context, key, deleted);
    CheckInlineRows(context, key, deleted);
  }
}

void UniqueKeys::Throw(const Key& key, std::string_view duplicate, DuplicateOf where) const {
  throw duckdb::ConstraintException(
      DuplicateKeyMessage(key.definition, table_->name, duplicate, where));
}

DuplicateOf UniqueKeys::PlaceOf(Sequence added_at) const {
  const auto& snapshot = *table_->snapshot();
  // Without a hash it is this transaction's own, not committed yet.
  const bool is_own = snapshot.hash.empty() && added_at == snapshot.sequence;
  return is_own ? DuplicateOf::kRowOfTransaction : DuplicateOf::kStoredRow;
}

DuplicateOf UniqueKeys::PlaceOfInlineRow(uint64_t position) const {
  const auto& batches = table_->snapshot()->inline_rows.batches;
  const auto after = std::ranges::upper_bound(
      batches, position, {}, [](const auto& batch) { return batch->first_position; });
  return after == batches.begin() ? DuplicateOf::kStoredRow
                                  : PlaceOf((*std::prev(after))->added_at);
}

// Walks all runs in one order: equal keys meet.
void UniqueKeys::CheckNew(const Key& key) const {
  struct Place {
    const KeyRun* run;
    size_t entry;
    std::string_view bytes;
    bool operator>(const Place& other) const { return bytes > other.bytes; }
  };
  if (key.runs.size() == 1) {
    const auto& run = key.runs.front();
    for (size_t i = 1; i < run.size(); ++i) {
      if (run.key(i) == run.key(i - 1)) {
        Throw(key, run.key(i), DuplicateOf::kRowOfTransaction);
      }
    }
    return;
  }
  std::priority_queue<Place, std::vector<Place>, std::greater<>> places;
  for (const auto& run : key.runs) places.push({&run, 0, run.key(0)});
  std::string_view last;
  while (!places.empty()) {
    auto place = places.top();
    places.pop();
    if (place.bytes == last) Throw(key, last, DuplicateOf::kRowOfTransaction);
    last = place.bytes;
    if (++place.entry == place.run->size()) continue;
    place.bytes = place.run->key(place.entry);
    places.push(place);
  }
}

void UniqueKeys::CheckFragments(duckdb::ClientContext& context, const Key& key,
                                const DeletedPositions& deleted) const {
  auto& catalog = table_->schema.catalog.Cast<IcefallCatalog>();
  const auto places = catalog.fragment_ranges().Get(table_->uuid(), key.definition);
  const auto open = [&](const Fragment& fragment) {
    return FindFragmentIndex(catalog, table_->object()->directory, key.definition, fragment);
  };
  for (const auto& fragment : places->Find(*table_->snapshot(), key.runs, open)) {
    const auto* gone = deleted.Find(fragment->id.value);
    std::string duplicate;
    const auto probe = [&](const IndexFile& file) -> Result<void> {
      for (const auto& run : key.runs) {
        ICEFALL_RETURN_IF_ERROR(
            ProbeFragment(file, *fragment, run, [&](std::string_view found, uint64_t position) {
              if (gone != nullptr && gone->Contains(position)) return false;
              duplicate = found;
              return true;
            }));
      }
      return {};
    };
    UseFragmentIndex(context, *table_, key.definition, fragment, probe);
    if (!duplicate.empty()) Throw(key, duplicate, PlaceOf(fragment->added_at));
  }
}

void UniqueKeys::CheckInlineRows(duckdb::ClientContext& context, const Key& key,
                                 const DeletedPositions& deleted) const {
  const auto& snapshot = *table_->snapshot();
  if (snapshot.inline_rows.live_count() == 0) return;
  auto& catalog = table_->schema.catalog.Cast<IcefallCatalog>();
  const auto keys = catalog.inline_keys().Get(snapshot.table_uuid, key.definition);
  const auto* gone = deleted.Find(kInlineFragment);
  for (const auto& run : key.runs) {
    Unwrap(ProbeInlineRows(*keys, snapshot, &context, run,
                           [&](std::string_view found, uint64_t position) {
                             if (gone != nullptr && gone->Contains(position)) return false;
                             Throw(key, found, PlaceOfInlineRow(position));
                           }));
  }
}

void UniqueKeys::Claim(IcefallTransaction& transaction) {
  auto& catalog = table_->schema.catalog.Cast<IcefallCatalog>();
  for (auto& key : keys_) {
    if (key.runs.empty()) continue;
    auto claim = std::make_shared<KeyClaim>(catalog, *table_, key.definition, std::move(key.runs));
    Unwrap(transaction.engine().AddCheck(table_->uuid(), std::move(claim)));
    key.runs.clear();
  }
}

}  // namespace icefall
