#include "sql/accel/state_search.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "sql/accel/state_removal.h"
#include "sql/icefall_catalog.h"
#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

// Of a unit; more of them cost about what decoding the unit does.
constexpr uint64_t kRemovedRowsMax = 32;
// That one query puts together for those to come, which takes milliseconds.
constexpr uint64_t kMergedRowsMax = 65'536;
// Adding up a part costs as much as so many rows of it.
constexpr uint64_t kRowsOfPart = 4;

}  // namespace

StateSearch::StateSearch(duckdb::ClientContext& context, const ScanPath& path,
                         const RowConditions& conditions, PartialPlan& plan,
                         const std::vector<StateSource>& sources, std::function<Inputs()> inputs)
    : context_(context),
      path_(path),
      conditions_(conditions),
      plan_(plan),
      sources_(sources),
      inputs_(std::move(inputs)) {}

RemovedRows& StateSearch::removed_rows() {
  if (!removed_rows_) removed_rows_.emplace(context_, path_, conditions_, plan_, inputs_());
  return *removed_rows_;
}

StateMerge& StateSearch::merge() {
  if (!merge_) {
    std::vector<std::string> kinds;
    for (size_t i = plan_.shape.keys.size(); i < sources_.size(); ++i) {
      kinds.push_back(sources_[i].kind);
    }
    merge_.emplace(context_, plan_, std::move(kinds));
  }
  return *merge_;
}

// Where a column has no NULL, its count is that of the rows. DuckDB's optimizer sees to it as well,
// but only when no file of the table has one.
StateShape StateSearch::ShapeOf(const StateSet& set, const Fragment& fragment) const {
  auto shape = set.shape;
  for (size_t state = 0; state < shape.states.size(); ++state) {
    const auto& source = sources_[plan_.shape.keys.size() + state];
    if (source.kind != "count" || source.field == nullptr) continue;
    const auto* known = StatisticsOfField(fragment, source.field->id);
    if (known != nullptr && known->null_count == 0) shape.states[state] = "count_star";
  }
  return shape;
}

StateSearch::Search StateSearch::Begin(const ScanFile& file,
                                       const RowConditions::OfFile& conditions) const {
  const auto& fragment = *file.fragment;
  const auto table_uuid = path_.list().target()->entry->uuid();
  Search search{file, conditions.remaining, {}, {}, {}, {}};
  auto& unknown = search.unknown;
  unknown.key = fmt::format("{} {} {}", table_uuid, fragment.path, conditions.text);
  unknown.deleted = plan_.states->DeletedRowsOf(table_uuid, fragment, plan_.budget_bytes);
  unknown.row_count = fragment.row_count;
  for (const auto& set : plan_.sets) {
    auto& types = search.types.emplace_back();
    for (const auto column : set.columns) types.push_back(plan_.types[column]);
    unknown.shapes.push_back(ShapeOf(set, fragment));
  }
  for (size_t set = 0; set < plan_.sets.size(); ++set) {
    search.wanted.push_back({table_uuid, unknown.key, unknown.shapes[set], search.types[set]});
  }
  return search;
}

UnknownStates StateSearch::Run(const ScanFile& file, const RowConditions::OfFile& conditions) {
  auto search = Begin(file, conditions);
  const std::span deleted(*search.unknown.deleted);
  std::vector<Range> ranges;
  std::vector<DeletedRows> of_blocks;
  for (size_t first = 0; first < deleted.size(); first += kBlockUnits) {
    const Range range{ranges.size(), first, std::min(kBlockUnits, deleted.size() - first)};
    of_blocks.push_back(DeletedRowsOfAll(deleted.subspan(range.first, range.count)));
    ranges.push_back(range);
  }
  for (const auto& wanted : search.wanted) {
    search.blocks.push_back(plan_.states->FindBlocks(wanted, of_blocks));
  }
  for (const auto& range : ranges) {
    if (!AddBlock(search, range)) AddUnits(search, range);
  }
  plan_.states->Count(search.hits, search.misses);
  return std::move(search.unknown);
}

bool StateSearch::AddBlock(Search& search, const Range& range) {
  const auto is_found = [&](const auto& blocks) { return blocks.found[range.block].has_value(); };
  if (!std::ranges::all_of(search.blocks, is_found)) return false;
  for (size_t set = 0; set < plan_.sets.size(); ++set) {
    const auto& part = *search.blocks[set].found[range.block];
    plan_.kept.push_back(plan_.PartOf(plan_.sets[set], part.rows, part.columns));
  }
  plan_.kept_count += range.count;
  search.hits += range.count * plan_.sets.size();
  return true;
}

void StateSearch::AddUnits(Search& search, const Range& range) {
  const auto deleted = std::span(*search.unknown.deleted).subspan(range.first, range.count);
  Known known;
  for (const auto& wanted : search.wanted) {
    known.push_back(plan_.states->Find(wanted, range.first, deleted, plan_.budget_bytes));
    const auto found =
        std::ranges::count_if(known.back(), [](const auto& part) { return part.has_value(); });
    search.hits += static_cast<uint64_t>(found);
    search.misses += range.count - static_cast<uint64_t>(found);
  }
  std::vector<std::vector<StatePart>> parts(plan_.sets.size());
  size_t known_count = 0;
  for (size_t i = 0; i < range.count; ++i) {
    if (AddUnit(search, range.first + i, i, known, parts)) {
      ++known_count;
    } else {
      search.unknown.units.push_back(range.first + i);
    }
  }
  plan_.kept_count += known_count;
  for (size_t set = 0; set < parts.size(); ++set) {
    if (known_count == range.count) Merge(search, range, set, parts[set]);
    std::ranges::move(parts[set], std::back_inserter(plan_.kept));
  }
}

// A unit of which a set is unknown is scanned for all of them.
bool StateSearch::AddUnit(Search& search, size_t unit, size_t place, Known& known,
                          std::vector<std::vector<StatePart>>& parts) {
  std::vector<UnitStates> corrected;
  for (size_t set = 0; set < known.size(); ++set) {
    auto& part = known[set][place];
    if (part) continue;
    part = Correct(search, set, unit);
    if (!part) return false;
    corrected.push_back({search.unknown.key,
                         std::make_shared<const StateShape>(search.wanted[set].shape), unit,
                         (*search.unknown.deleted)[unit], part->rows});
  }
  if (!corrected.empty()) ++plan_.corrected_count;
  std::ranges::move(corrected, std::back_inserter(plan_.corrected));
  for (size_t set = 0; set < known.size(); ++set) {
    const auto& part = *known[set][place];
    parts[set].push_back(plan_.PartOf(plan_.sets[set], part.rows, part.columns));
  }
  return true;
}

// What is kept of a unit from before rows were deleted, without these. Absent: it is computed.
std::optional<StatePart> StateSearch::Correct(Search& search, size_t set, size_t unit) {
  const auto& wanted = search.wanted[set];
  const auto earlier =
      plan_.states->FindEarlier(wanted, unit, (*search.unknown.deleted)[unit], kRemovedRowsMax);
  if (!earlier) return std::nullopt;
  const auto& of_plan = plan_.sets[set];
  const auto removed =
      removed_rows().Add(search.file, earlier->removed, search.conditions, of_plan);
  if (!removed) return std::nullopt;
  const auto kinds = KindsOf(of_plan, wanted.shape, *removed);
  if (!kinds) return std::nullopt;
  auto rows = StatesWithout(earlier->part, removed->states, *kinds);
  if (rows == nullptr) return std::nullopt;
  std::vector<size_t> columns(of_plan.columns.size());
  std::iota(columns.begin(), columns.end(), 0);
  return StatePart{std::move(rows), std::move(columns)};
}

// The kinds of a set's states, as the file's are named. Absent where a state that counts all rows
// stands for one that counts values, of which removed rows have NULLs.
std::optional<std::vector<std::string>> StateSearch::KindsOf(
    const StateSet& set, const StateShape& shape, const RemovedRows::Added& removed) const {
  std::vector<std::string> kinds;
  for (size_t i = 0; i < shape.states.size(); ++i) {
    kinds.push_back(sources_[set.columns[set.key_count + i]].kind);
    if (shape.states[i] != "count_star" || kinds.back() == "count_star") continue;
    kinds.back() = "count_star";
    int64_t counted = 0;
    for (const auto& chunk : removed.states.chunks) {
      for (duckdb::idx_t row = 0; row < chunk->size(); ++row) {
        counted += chunk->GetValue(set.key_count + i, row).GetValue<int64_t>();
      }
    }
    if (std::cmp_not_equal(counted, removed.row_count)) return std::nullopt;
  }
  return kinds;
}

void StateSearch::Merge(Search& search, const Range& range, size_t set,
                        std::vector<StatePart>& parts) {
  const auto& blocks = search.blocks[set];
  if (blocks.found[range.block]) {
    const auto& part = *blocks.found[range.block];
    parts = {plan_.PartOf(plan_.sets[set], part.rows, part.columns)};
    return;
  }
  if (parts.size() == 1 || blocks.are_in_vain || merged_rows_ > kMergedRowsMax) return;
  uint64_t row_count = 0;
  uint64_t row_count_max = 0;
  for (const auto& part : parts) {
    row_count += part.rows->row_count;
    row_count_max = std::max(row_count_max, part.rows->row_count);
  }
  merged_rows_ += row_count;
  const auto pays = [&](uint64_t merged) {
    return 2 * (merged + kRowsOfPart) <= row_count + kRowsOfPart * parts.size();
  };
  auto rows = pays(row_count_max) ? merge().Run(plan_.sets[set], parts) : nullptr;
  const auto& wanted = search.wanted[set];
  if (rows == nullptr || !pays(rows->row_count)) return plan_.states->NoteInVain(wanted);
  const auto deleted = std::span(*search.unknown.deleted).subspan(range.first, range.count);
  plan_.merged.push_back({wanted.key, std::make_shared<const StateShape>(wanted.shape), range.block,
                          DeletedRowsOfAll(deleted), rows});
  parts = {plan_.PartOf(plan_.sets[set], std::move(rows))};
}

}  // namespace icefall
