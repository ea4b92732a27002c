#include "sql/scan/fragment_list.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/optimizer/filter_combiner.hpp"
#include "duckdb/planner/filter/list.hpp"
#include "duckdb/storage/statistics/node_statistics.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"

#include "sql/icefall_catalog.h"
#include "sql/replica/replica_settings.h"
#include "sql/scan/filter_bounds.h"
#include "sql/scan/fragment_order.h"
#include "sql/scan/fragment_statistics.h"
#include "sql/scan/number_choice.h"
#include "sql/scan/row_fetch.h"
#include "sql/scan/virtual_columns.h"
#include "sql/store/store_file_system.h"

namespace icefall {
namespace {

constexpr auto kFileOption = "icefall_file";
// One thread reads a row group; DuckDB's are of this many rows.
constexpr uint64_t kRowGroupSize = 122'880;

// So a list that was made with the one is what the other asks for: no bound has tightened.
bool AreEqualAndConstant(const ColumnFilters& one, const ColumnFilters& other) {
  return std::ranges::equal(one, other, [](const auto& a, const auto& b) {
    return a.first == b.first &&
           a.second->filter_type == duckdb::TableFilterType::CONSTANT_COMPARISON &&
           a.second->Equals(*b.second);
  });
}

// What it lets pass may become less.
bool IsDynamic(const duckdb::TableFilter& filter) {
  switch (filter.filter_type) {
    case duckdb::TableFilterType::CONSTANT_COMPARISON:
    case duckdb::TableFilterType::IS_NULL:
    case duckdb::TableFilterType::IS_NOT_NULL:
    case duckdb::TableFilterType::IN_FILTER:
      return false;
    case duckdb::TableFilterType::CONJUNCTION_AND:
      return std::ranges::any_of(filter.Cast<duckdb::ConjunctionAndFilter>().child_filters,
                                 [](const auto& child) { return IsDynamic(*child); });
    default:
      return true;
  }
}

duckdb::unique_ptr<duckdb::BaseStatistics> RangeStatistics(const duckdb::LogicalType& type,
                                                           uint64_t lower, uint64_t upper) {
  auto stats = duckdb::BaseStatistics::CreateUnknown(type);
  stats.Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  duckdb::NumericStats::SetMin(stats, duckdb::Value::UBIGINT(lower).DefaultCastAs(type));
  duckdb::NumericStats::SetMax(stats, duckdb::Value::UBIGINT(upper).DefaultCastAs(type));
  return stats.ToUnique();
}

duckdb::unique_ptr<duckdb::BaseStatistics> VirtualStatistics(const Fragment& fragment,
                                                             duckdb::column_t column) {
  const auto last = std::max<uint64_t>(fragment.row_count, 1) - 1;
  switch (column) {
    case kFragmentColumn:
      return RangeStatistics(duckdb::LogicalType::UBIGINT, fragment.id.value, fragment.id.value);
    case kPositionColumn:
      return RangeStatistics(duckdb::LogicalType::BIGINT, 0, last);
    case kRowIdColumn:
      if (fragment.has_row_ids) return nullptr;
      return RangeStatistics(duckdb::LogicalType::BIGINT, fragment.first_row_id.value,
                             fragment.first_row_id.value + last);
    default:
      return nullptr;
  }
}

// Even for fragments, odd for inline rows.
uint64_t NumberOf(const ScanFile& file) {
  return file.is_inline() ? uint64_t{file.inline_schema.value} * 2 + 1
                          : file.fragment->id.value * 2;
}

// By the statistics of the file.
bool CanPass(duckdb::ClientContext& context, const ScanTarget& target, const ColumnFilters& filters,
             const ScanFile& file) {
  if (file.is_inline()) return true;
  const auto& fields = target.entry->definition().schema->fields;
  for (const auto& [column, filter] : filters) {
    duckdb::unique_ptr<duckdb::BaseStatistics> stats;
    if (duckdb::IsVirtualColumn(column)) {
      stats = VirtualStatistics(*file.fragment, column);
    } else if (column < fields.size()) {
      const auto& type = target.entry->GetColumn(duckdb::LogicalIndex(column)).Type();
      stats = FragmentStatistics(context, target.snapshot(), *file.fragment, fields[column], type);
    }
    if (stats &&
        filter->CheckStatistics(*stats) == duckdb::FilterPropagateResult::FILTER_ALWAYS_FALSE) {
      return false;
    }
  }
  return true;
}

std::shared_ptr<const IndexRows> LiveRowsAt(const Fragment& fragment,
                                            const std::vector<uint64_t>& positions) {
  auto rows = std::make_shared<IndexRows>();
  for (const auto position : positions) {
    if (position >= fragment.row_count) continue;
    if (fragment.deletes != nullptr && fragment.deletes->Contains(position)) continue;
    rows->positions.push_back(position);
  }
  return rows;
}

// Without those of columns that the index is made of, which says more about them, and for less,
// than statistics.
ColumnFilters FiltersBesides(const IndexLookup& lookup, const IcefallTableEntry& table,
                             ColumnFilters filters) {
  const auto& fields = table.table_schema().fields;
  std::erase_if(filters, [&](const auto& item) {
    return item.first < fields.size() &&
           std::ranges::find(lookup.key().fields, fields[item.first].id) !=
               lookup.key().fields.end();
  });
  return filters;
}

}  // namespace

// Those of a scan's filters that come down to ranges of numbers.
class RangeFilters {
 public:
  RangeFilters(duckdb::ClientContext& context, const ScanTarget& target,
               const ColumnFilters& filters) {
    for (const auto& [column, filter] : filters) {
      const FilterBounds bounds(context, target, column, *filter);
      if (!bounds.is_whole()) others_.emplace(column, filter);
      bounds_.push_back(bounds);
    }
  }

  bool CanMatch(uint32_t place) const {
    return std::ranges::all_of(bounds_,
                               [&](const FilterBounds& filter) { return filter.CanMatch(place); });
  }
  // That say more than a range does, or are on other columns.
  const ColumnFilters& others() const { return others_; }

 private:
  std::vector<FilterBounds> bounds_;
  ColumnFilters others_;
};

uint64_t ScanFile::row_count() const {
  return index_rows ? index_rows->positions.size() : fragment->live_count();
}

std::shared_ptr<const DeletionVector> ScanFile::HiddenRows() const {
  if (index_rows == nullptr) return fragment->deletes;
  DeletionVector wanted;
  wanted.AddMany(index_rows->positions);
  auto hidden = std::make_shared<DeletionVector>();
  hidden->AddRange(0, fragment->row_count);
  *hidden -= wanted;
  return hidden;
}

FragmentList::FragmentList(ScanTargetPointer target) : target_(std::move(target)), is_all_(true) {}

FragmentList::FragmentList(const FragmentList& other)
    : target_(other.target_),
      is_all_(other.is_all_),
      has_chosen_rows_(other.has_chosen_rows_),
      is_distinct_(other.is_distinct_),
      index_key_(other.index_key_),
      lookup_(other.lookup_),
      filters_(other.filters_),
      order_(other.order_) {
  if (is_all_) return;
  files_ = other.files_;
  for (auto& file : files_) file.list = this;
}

void FragmentList::AddInlineRows(std::vector<ScanFile>& files) const {
  const auto& inline_rows = target_->snapshot().inline_rows;
  if (inline_rows.live_count() == 0) return;
  for (const auto& [schema, count] : inline_rows.batches.schemas()) {
    files.push_back({this, nullptr, schema, nullptr, nullptr});
  }
}

const std::vector<ScanFile>& FragmentList::files() const {
  if (!is_all_) return files_;
  std::call_once(listed_, [&] {
    const auto& fragments = target_->snapshot().fragments;
    files_.reserve(fragments.size() + 1);
    uint32_t place = 0;
    fragments.ForEach([&](const FragmentPointer& fragment) {
      const auto here = place++;
      if (fragment->live_count() == 0) return;
      files_.push_back({this, fragment, {}, nullptr, nullptr, here});
    });
    AddInlineRows(files_);
    if (order_ != nullptr) files_ = OrderFiles(*target_, std::move(files_), *order_);
  });
  return files_;
}

std::vector<ScanFile> FragmentList::FilesInRanges(const RangeFilters& ranges,
                                                  const NumberChoice& fragments) const {
  std::vector<ScanFile> files;
  if (fragments.values()) {
    for (const auto id : *fragments.values()) {
      auto fragment = target_->snapshot().fragments.Find(FragmentId(id));
      if (!fragment || fragment->live_count() == 0) continue;
      files.push_back({this, std::move(fragment), {}, nullptr, nullptr});
    }
    AddInlineRows(files);
    return files;
  }
  const auto count = static_cast<uint32_t>(target_->snapshot().fragments.size());
  size_t match_count = 0;
  for (uint32_t i = 0; i < count; ++i) match_count += ranges.CanMatch(i) ? 1 : 0;
  files.reserve(match_count + 1);
  uint32_t place = 0;
  target_->snapshot().fragments.ForEach([&](const FragmentPointer& fragment) {
    const auto here = place++;
    if (!ranges.CanMatch(here) || fragment->live_count() == 0) return;
    if (!fragments.Contains(fragment->id.value)) return;
    files.push_back({this, fragment, {}, nullptr, nullptr, here});
  });
  AddInlineRows(files);
  return files;
}

duckdb::shared_ptr<FragmentList> FragmentList::OnlyAt(const std::vector<uint32_t>& places) const {
  std::vector<ScanFile> kept;
  kept.reserve(places.size() + 1);
  auto next = places.begin();
  uint32_t place = 0;
  target_->snapshot().fragments.ForEachUntil([&](const FragmentPointer& fragment) {
    if (next != places.end() && *next == place) {
      ++next;
      if (fragment->live_count() > 0) {
        kept.push_back({this, fragment, {}, nullptr, nullptr, place});
      }
    }
    ++place;
    return next == places.end();
  });
  AddInlineRows(kept);
  if (order_ != nullptr) kept = OrderFiles(*target_, std::move(kept), *order_);
  return Only(std::move(kept));
}

const FragmentList* FragmentList::Of(const duckdb::FunctionData* bind_data) {
  const auto* files = dynamic_cast<const duckdb::MultiFileBindData*>(bind_data);
  return files == nullptr ? nullptr : dynamic_cast<const FragmentList*>(files->file_list.get());
}

const ScanFile& FragmentList::FileOf(const duckdb::OpenFileInfo& file) {
  const auto& option = file.extended_info->options.at(kFileOption);
  return *reinterpret_cast<const ScanFile*>(option.GetPointer());
}

std::vector<FragmentPointer> FragmentList::fragments() const {
  std::vector<FragmentPointer> result;
  for (const auto& file : files()) {
    if (!file.is_inline()) result.push_back(file.fragment);
  }
  return result;
}

size_t FragmentList::fragment_count() const {
  return static_cast<size_t>(
      std::ranges::count_if(files(), [](const ScanFile& file) { return !file.is_inline(); }));
}

uint64_t FragmentList::ThreadCountMax() const {
  uint64_t count = 0;
  for (const auto& file : files()) {
    const bool is_small = file.is_inline() || file.index_rows != nullptr;
    count += is_small ? 1 : 1 + file.fragment->row_count / kRowGroupSize;
  }
  return std::max<uint64_t>(count, 1);
}

bool FragmentList::has_inline_rows() const {
  if (is_all_) return target_->snapshot().inline_rows.live_count() > 0;
  return std::ranges::any_of(files_, [](const ScanFile& file) { return file.is_inline(); });
}

duckdb::shared_ptr<FragmentList> FragmentList::Ordered(
    const duckdb::RowGroupOrderOptions& options) const {
  // All files are put in order when somebody asks for them, which planning may not.
  const bool leaves_out = options.row_group_offset + options.leading_null_group_offset > 0;
  const bool is_later = is_all_ && !leaves_out;
  auto result = is_later ? duckdb::make_shared_ptr<FragmentList>(*this)
                         : Only(OrderFiles(*target_, files(), options));
  result->order_ = std::make_shared<const duckdb::RowGroupOrderOptions>(options);
  return result;
}

std::vector<uint64_t> FragmentList::FileNumbers() const {
  std::vector<uint64_t> numbers;
  for (const auto& file : files()) numbers.push_back(NumberOf(file));
  return numbers;
}

duckdb::shared_ptr<FragmentList> FragmentList::Only(const std::vector<uint64_t>& numbers) const {
  std::unordered_map<uint64_t, const ScanFile*> by_number;
  for (const auto& file : files()) by_number.emplace(NumberOf(file), &file);
  std::vector<ScanFile> kept;
  for (const uint64_t number : numbers) {
    const auto found = by_number.find(number);
    if (found == by_number.end()) {
      throw duckdb::InvalidInputException("plan of table %s: file %d is not in the table",
                                          target_->entry->name, number);
    }
    kept.push_back(*found->second);
  }
  return Only(std::move(kept));
}

duckdb::shared_ptr<FragmentList> FragmentList::Distinct() const {
  auto result = duckdb::make_shared_ptr<FragmentList>(*this);
  result->is_distinct_ = true;
  return result;
}

duckdb::shared_ptr<FragmentList> FragmentList::OnlyRows(std::vector<ScanFile> kept) const {
  auto result = Only(std::move(kept));
  result->has_chosen_rows_ = true;
  return result;
}

duckdb::shared_ptr<FragmentList> FragmentList::Only(std::vector<ScanFile> kept) const {
  auto result = duckdb::make_shared_ptr<FragmentList>(target_);
  result->is_all_ = false;
  result->index_key_ = index_key_;
  result->lookup_ = lookup_;
  result->filters_ = filters_;
  result->order_ = order_;
  result->files_ = std::move(kept);
  for (auto& file : result->files_) file.list = result.get();
  return result;
}

size_t FragmentList::total_count() const { return target_->snapshot().fragments.size(); }

const duckdb::TableFilter* FragmentList::FilterOf(duckdb::column_t column) const {
  const auto found = filters_.find(column);
  return found == filters_.end() ? nullptr : found->second.get();
}

bool FragmentList::CanStillMatch(duckdb::ClientContext& context, const ScanFile& file) const {
  const auto is_dynamic = [](const auto& filter) { return IsDynamic(*filter.second); };
  return std::ranges::none_of(filters_, is_dynamic) || CanPass(context, *target_, filters_, file);
}

duckdb::unique_ptr<FragmentList> FragmentList::With(duckdb::ClientContext& context,
                                                    const ColumnFilters& filters) const {
  const auto& entry = *target_->entry;
  const std::shared_ptr<const IndexLookup> lookup =
      has_chosen_rows_ ? nullptr : IndexLookup::Plan(entry, filters);
  auto result = duckdb::make_uniq<FragmentList>(target_);
  result->is_all_ = false;
  result->filters_ = filters;
  result->order_ = order_;
  result->has_chosen_rows_ = has_chosen_rows_;
  result->is_distinct_ = is_distinct_;
  const RangeFilters ranges(context, *target_, filters);
  const auto fragments = NumberChoice::Of(result->FilterOf(kFragmentColumn));
  if (is_all_ && lookup != nullptr) {
    const auto known = target_->catalog.fragment_ranges().Get(entry.uuid(), lookup->key());
    const auto open = [&](const Fragment& fragment) {
      return FindFragmentIndex(target_->catalog, entry.object()->directory, lookup->key(),
                               fragment);
    };
    for (auto& fragment : known->Find(target_->snapshot(), lookup->KeyRanges(), open)) {
      result->files_.push_back({nullptr, std::move(fragment), {}, nullptr, nullptr});
    }
    AddInlineRows(result->files_);
  } else {
    result->files_ = is_all_ ? FilesInRanges(ranges, fragments) : files_;
  }
  // Files of a list that is not of all are in order.
  const auto put_in_order = [&] {
    if (!is_all_ || order_ == nullptr) return;
    result->files_ = OrderFiles(*target_, std::move(result->files_), *order_);
  };
  for (auto& file : result->files_) file.list = result.get();
  if (is_all_ && lookup == nullptr && ranges.others().empty()) {
    put_in_order();
    return result;
  }
  if (lookup != nullptr) {
    const auto besides = FiltersBesides(*lookup, entry, filters);
    std::erase_if(result->files_,
                  [&](const ScanFile& file) { return !CanPass(context, *target_, besides, file); });
  }
  result->lookup_ = lookup;
  result->LookUp(context, *this);
  std::erase_if(result->files_, [&](const ScanFile& file) {
    const bool has_place = file.place != ScanFile::kNoPlace;
    if (has_place && !ranges.CanMatch(file.place)) return true;
    return !CanPass(context, *target_, has_place ? ranges.others() : filters, file);
  });
  put_in_order();
  return result;
}

void FragmentList::LookUp(duckdb::ClientContext& context, const FragmentList& known) {
  if (has_chosen_rows_) return;
  if (lookup_ != nullptr && known.lookup_ != nullptr && *lookup_ == *known.lookup_) {
    index_key_ = known.index_key_;
    return;
  }
  for (auto& file : files_) file.index_rows = nullptr;
  if (lookup_ == nullptr) return;
  LookUpInline(context, *lookup_);
  LookUpFragments(context, *lookup_);
}

void FragmentList::FetchFewRows(duckdb::ClientContext& context) {
  const auto positions = NumberChoice::Of(FilterOf(kPositionColumn)).values();
  if (lookup_ != nullptr || (!has_chosen_rows_ && !positions)) return;
  const bool reads_replicas = HasReplicas(target_->snapshot()) && ReadsReplicas(context);
  std::erase_if(files_, [&](ScanFile& file) {
    if (file.is_inline()) return false;
    if (!has_chosen_rows_) file.index_rows = LiveRowsAt(*file.fragment, *positions);
    if (file.index_rows->positions.empty()) return true;
    if (reads_replicas || !IsFetchedByRow(file)) file.index_rows = nullptr;
    return false;
  });
}

void FragmentList::LookUpFragments(duckdb::ClientContext& context, const IndexLookup& lookup) {
  std::erase_if(files_, [&](ScanFile& file) {
    if (file.is_inline()) return false;
    auto found = lookup.Find(context, *target_->entry, file.fragment);
    if (!found) return false;
    if (!index_key_) index_key_ = std::make_shared<const KeyDefinition>(lookup.key());
    const bool is_empty = found->positions.empty();
    file.index_rows = std::make_shared<const IndexRows>(*std::move(found));
    return is_empty;
  });
}

void FragmentList::LookUpInline(duckdb::ClientContext& context, const IndexLookup& lookup) {
  if (!has_inline_rows()) return;
  auto found = lookup.FindInline(context, *target_->entry);
  if (!found) return;
  index_key_ = std::make_shared<const KeyDefinition>(lookup.key());
  std::map<SchemaId, IndexRows> rows;
  for (size_t i = 0; i < found->positions.size(); ++i) {
    const auto position = found->positions[i];
    const auto batch = target_->snapshot().inline_rows.batches.Find(position);
    auto& of_schema = rows[batch->schema];
    of_schema.positions.push_back(position);
    if (!found->keys.empty()) of_schema.keys.push_back(std::move(found->keys[i]));
  }
  std::erase_if(files_, [&](ScanFile& file) {
    if (!file.is_inline()) return false;
    const auto of_schema = rows.find(file.inline_schema);
    if (of_schema == rows.end()) return true;
    file.index_rows = std::make_shared<const IndexRows>(std::move(of_schema->second));
    return false;
  });
}

bool FragmentList::IsOnlyScanned() const {
  const auto& snapshot = target_->snapshot();
  return is_all_ && snapshot.fragments.size() == 1 && snapshot.inline_rows.live_count() == 0 &&
         target_->entry->table_schema().constraints.empty();
}

duckdb::unique_ptr<duckdb::MultiFileList> FragmentList::ComplexFilterPushdown(
    duckdb::ClientContext& context, const duckdb::MultiFileOptions&,
    duckdb::MultiFilePushdownInfo& info,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const {
  if (filters.empty() || IsOnlyScanned()) return nullptr;
  duckdb::FilterCombiner combiner(context);
  for (const auto& filter : filters) combiner.AddFilter(filter->Copy());
  duckdb::vector<duckdb::FilterPushdownResult> results;
  auto table_filters = combiner.GenerateTableScanFilters(info.column_indexes, results);
  ColumnFilters more;
  for (auto& [column, filter] : table_filters.filters) {
    more.emplace(column, duckdb::shared_ptr<const duckdb::TableFilter>(filter.release()));
  }
  if (more.empty()) return nullptr;
  auto result = With(context, more);
  info.extra_info.total_files = total_count();
  info.extra_info.filtered_files = result->fragment_count();
  return result;
}

duckdb::unique_ptr<duckdb::MultiFileList> FragmentList::DynamicFilterPushdown(
    duckdb::ClientContext& context, const duckdb::MultiFileOptions&,
    const duckdb::vector<duckdb::string>&, const duckdb::vector<duckdb::LogicalType>&,
    const duckdb::vector<duckdb::column_t>& column_ids, duckdb::TableFilterSet& filters) const {
  ColumnFilters more;
  for (const auto& [position, filter] : filters.filters) {
    more.emplace(column_ids[position],
                 duckdb::shared_ptr<const duckdb::TableFilter>(filter->Copy().release()));
  }
  if (more.empty()) return nullptr;
  const bool is_known = AreEqualAndConstant(filters_, more);
  auto result = is_known ? duckdb::make_uniq<FragmentList>(*this) : With(context, more);
  result->column_ids_ = column_ids;
  result->FetchFewRows(context);
  return result;
}

duckdb::vector<duckdb::OpenFileInfo> FragmentList::GetAllFiles() const {
  duckdb::vector<duckdb::OpenFileInfo> result;
  for (duckdb::idx_t i = 0; i < files().size(); ++i) result.push_back(GetFile(i));
  return result;
}

duckdb::FileExpandResult FragmentList::GetExpandResult() const {
  // Also for one file: SINGLE_FILE would cap the threads by a reader that was opened at bind.
  const bool is_empty = is_all_ ? target_->snapshot().live_row_count == 0 : files_.empty();
  return is_empty ? duckdb::FileExpandResult::NO_FILES : duckdb::FileExpandResult::MULTIPLE_FILES;
}

duckdb::idx_t FragmentList::GetTotalFileCount() const { return files().size(); }

duckdb::unique_ptr<duckdb::NodeStatistics> FragmentList::GetCardinality(
    duckdb::ClientContext&) const {
  const auto& snapshot = target_->snapshot();
  if (is_all_) {
    return duckdb::make_uniq<duckdb::NodeStatistics>(snapshot.live_row_count,
                                                     snapshot.live_row_count);
  }
  uint64_t rows = has_inline_rows() ? snapshot.inline_rows.live_count() : 0;
  for (const auto& file : files_) {
    if (file.is_inline()) continue;
    rows += file.row_count();
  }
  return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
}

duckdb::unique_ptr<duckdb::MultiFileList> FragmentList::Copy() const {
  return duckdb::make_uniq<FragmentList>(*this);
}

duckdb::OpenFileInfo FragmentList::GetFile(duckdb::idx_t index) const {
  if (index >= files().size()) return {};
  if (index > 0) return InfoOf(files()[index]);
  std::call_once(first_described_, [&] { first_ = InfoOf(files().front()); });
  return first_;
}

duckdb::OpenFileInfo FragmentList::InfoOf(const ScanFile& file) const {
  duckdb::OpenFileInfo info;
  info.extended_info = duckdb::make_shared_ptr<duckdb::ExtendedOpenFileInfo>();
  auto& options = info.extended_info->options;
  options[kFileOption] = duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&file));
  if (file.is_inline()) {
    info.path = "inline rows of " + target_->entry->name;
    return info;
  }
  const auto& fragment = *file.fragment;
  info.path = target_->path_prefix + fragment.path;
  options["file_size"] = duckdb::Value::UBIGINT(fragment.size_bytes);
  if (fragment.footer_size_bytes > 0) {
    options["footer_size"] = duckdb::Value::UBIGINT(fragment.footer_size_bytes);
  }
  const auto& store = target_->catalog.database().store();
  if (fragment.size_bytes <= SmallFiles::kFileSizeMax && !store.capabilities().external_path) {
    // One request for all of it, where its footer and its columns would be one each.
    options[kSmallFileNeighbours] = duckdb::Value::LIST(duckdb::LogicalType::VARCHAR, {});
  }
  // Data files never change, so that nothing need be asked of the store to trust a cached one.
  options["validate_external_file_cache"] = duckdb::Value::BOOLEAN(false);
  options["etag"] = duckdb::Value("");
  options["last_modified"] = duckdb::Value::TIMESTAMP(duckdb::timestamp_t(0));
  return info;
}

}  // namespace icefall
