#include "sql/scan/fragment_order.h"

#include <algorithm>
#include <utility>

#include "sql/icefall_catalog.h"
#include "sql/scan/column_bounds.h"
#include "sql/scan/fragment_statistics.h"

namespace icefall {
namespace {

// Where a file comes, by what is known of the column.
struct Rank {
  enum class Kind : uint8_t { kUnknown, kNullOnly, kRanked };
  Kind kind = Kind::kUnknown;
  int64_t number = 0;                     // where bounds are numbers, and
  duckdb::unique_ptr<duckdb::Value> key;  // where they are not

  bool operator<(const Rank& other) const {
    return key == nullptr ? number < other.number : *key < *other.key;
  }
};

struct RankedFile {
  Rank rank;
  size_t index = 0;  // among the files
};

class Ranker {
 public:
  Ranker(const ScanTarget& target, const Field& field, const duckdb::LogicalType& type,
         const duckdb::RowGroupOrderOptions& options, const std::vector<ScanFile>& files)
      : target_(target), field_(field), type_(type), options_(options) {
    const bool have_places = std::ranges::all_of(files, [](const ScanFile& file) {
      return file.is_inline() || file.place != ScanFile::kNoPlace;
    });
    if (!have_places || field.generated_as) return;
    bounds_ = target.catalog.column_bounds().Get(*target.context, target.snapshot(), field, type);
  }

  Rank RankOf(const ScanFile& file) const {
    if (file.is_inline()) return Rank();
    if (bounds_ != nullptr) return RankOf(file.place);
    const auto stats =
        FragmentStatistics(*target_.context, target_.snapshot(), *file.fragment, field_, type_);
    if (!stats) return Rank();
    if (!stats->CanHaveNoNull()) return Rank{.kind = Rank::Kind::kNullOnly};
    auto key =
        duckdb::RowGroupReorderer::RetrieveStat(*stats, options_.order_by, options_.column_type);
    if (key.IsNull()) return Rank();
    return Rank{.kind = Rank::Kind::kRanked,
                .key = duckdb::make_uniq<duckdb::Value>(std::move(key))};
  }

 private:
  Rank RankOf(uint32_t place) const {
    if (!bounds_->IsKnown(place)) return Rank();
    if (bounds_->IsNullOnly(place)) return Rank{.kind = Rank::Kind::kNullOnly};
    const bool is_lower = options_.order_by == duckdb::OrderByStatistics::MIN;
    return Rank{.kind = Rank::Kind::kRanked,
                .number = is_lower ? bounds_->lower(place) : bounds_->upper(place)};
  }

  const ScanTarget& target_;
  const Field& field_;
  const duckdb::LogicalType& type_;
  const duckdb::RowGroupOrderOptions& options_;
  ColumnBoundsPointer bounds_;  // of a table of many files
};

template <typename T>
void DropFront(std::vector<T>& values, size_t count) {
  values.erase(values.begin(),
               values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size())));
}

}  // namespace

std::vector<ScanFile> OrderFiles(const ScanTarget& target, std::vector<ScanFile> files,
                                 const duckdb::RowGroupOrderOptions& options) {
  const auto& definition = target.entry->definition();
  if (options.column_idx.HasChildren()) return files;
  const auto& field =
      definition.schema->fields[definition.stored_fields[options.column_idx.GetPrimaryIndex()]];
  const auto& type = definition.stored_types[options.column_idx.GetPrimaryIndex()];

  std::vector<ScanFile> unknown;  // could hold any value: first, they are needed anyhow
  std::vector<ScanFile> null_only;
  std::vector<RankedFile> ranked;
  const Ranker ranker(target, field, type, options, files);
  for (size_t i = 0; i < files.size(); ++i) {
    auto& file = files[i];
    auto rank = ranker.RankOf(file);
    switch (rank.kind) {
      case Rank::Kind::kUnknown:
        unknown.push_back(std::move(file));
        break;
      case Rank::Kind::kNullOnly:
        null_only.push_back(std::move(file));
        break;
      case Rank::Kind::kRanked:
        ranked.push_back({std::move(rank), i});
        break;
    }
  }
  // Equal keys in the order that DuckDB counted them in: kept ascending, turned round descending.
  std::ranges::stable_sort(
      ranked, [](const RankedFile& a, const RankedFile& b) { return a.rank < b.rank; });
  if (options.order_type == duckdb::OrderType::DESCENDING) std::ranges::reverse(ranked);

  // What DuckDB took off the OFFSET, see RowGroupReorderer::GetOffsetAfterPruning.
  DropFront(ranked, options.row_group_offset);
  DropFront(null_only, options.leading_null_group_offset);
  const bool nulls_first = options.null_order == duckdb::OrderByNullType::NULLS_FIRST;
  std::vector<ScanFile> result = std::move(unknown);
  if (nulls_first) result.insert(result.end(), null_only.begin(), null_only.end());
  for (const auto& ranked_file : ranked) result.push_back(std::move(files[ranked_file.index]));
  if (!nulls_first) result.insert(result.end(), null_only.begin(), null_only.end());
  return result;
}

}  // namespace icefall
