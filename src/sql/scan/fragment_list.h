// The files of one scan: fragments that can hold wanted rows, then the inline rows.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "duckdb/common/multi_file/multi_file_list.hpp"
#include "duckdb/planner/table_filter.hpp"

#include "sql/index/index_lookup.h"
#include "sql/scan/scan_target.h"

namespace icefall {

class FragmentList;
class NumberChoice;
class RangeFilters;

// One "file": a fragment, or all inline rows that were written under one schema.
struct ScanFile {
  const FragmentList* list = nullptr;
  FragmentPointer fragment;  // null: inline rows
  SchemaId inline_schema;    // without fragment
  // The rows that an index found, or OnlyRows and filters on positions name: others need not be
  // read. Null: all.
  std::shared_ptr<const IndexRows> index_rows;
  // On kPositionColumn, which the scan has to ask for: the rows wanted; others may come, too. Null:
  // all.
  std::shared_ptr<const duckdb::TableFilter> positions;
  // Of the fragment in the snapshot's order, where that is known.
  uint32_t place = kNoPlace;

  static constexpr uint32_t kNoPlace = UINT32_MAX;

  bool is_inline() const { return fragment == nullptr; }
  // Live rows that may be wanted; not of inline rows.
  uint64_t row_count() const;
  // Rows of the fragment to leave out: deleted ones, and those that an index showed not to match.
  // Null: none.
  std::shared_ptr<const DeletionVector> HiddenRows() const;
};

// Immutable. Thread-safe.
class FragmentList : public duckdb::MultiFileList {
 public:
  // All fragments of the target's snapshot: not looked at before somebody asks for them, as most
  // statements about one row do not.
  explicit FragmentList(ScanTargetPointer target);
  FragmentList(const FragmentList& other);

  // What a bound scan reads; null when that is no table of ours. Valid as long as `bind_data`.
  static const FragmentList* Of(const duckdb::FunctionData* bind_data);

  // The ScanFile behind a file that this class handed to DuckDB; valid as long as its list.
  static const ScanFile& FileOf(const duckdb::OpenFileInfo& file);

  const ScanTargetPointer& target() const { return target_; }
  std::vector<FragmentPointer> fragments() const;
  size_t fragment_count() const;
  // How many threads can find work in the files; at least 1.
  uint64_t ThreadCountMax() const;
  // Nothing of the snapshot was left out.
  bool is_all() const { return is_all_; }
  // Fragments of the snapshot, those left out included.
  size_t total_count() const;
  bool has_inline_rows() const;
  const std::vector<ScanFile>& files() const;
  // Some of the same files.
  duckdb::shared_ptr<FragmentList> Only(std::vector<ScanFile> kept) const;
  // The same of which only the rows of ScanFile::index_rows are wanted: unlike those of an index,
  // they stay whatever filters come.
  duckdb::shared_ptr<FragmentList> OnlyRows(std::vector<ScanFile> kept) const;
  // The same of which a row may be left out that is equal, in all columns of the scan, to one that
  // is not.
  duckdb::shared_ptr<FragmentList> Distinct() const;
  bool is_distinct() const { return is_distinct_; }
  // Of a list of all: the files of the fragments at these places, which ascend, and inline rows.
  duckdb::shared_ptr<FragmentList> OnlyAt(const std::vector<uint32_t>& places) const;
  // The same files, in another order; see fragment_order.h.
  duckdb::shared_ptr<FragmentList> Ordered(const duckdb::RowGroupOrderOptions& options) const;
  // The last options of Ordered, by which the parts of a file may be read, too; null: none.
  const std::shared_ptr<const duckdb::RowGroupOrderOptions>& order() const { return order_; }

  // The files as numbers, for a copy of the plan: statistics may have taken a filter out of it that
  // is true for every row of the files that are left.
  std::vector<uint64_t> FileNumbers() const;
  // The files with these numbers, in their order. Throws for one that this list lacks.
  duckdb::shared_ptr<FragmentList> Only(const std::vector<uint64_t>& numbers) const;

  // Of the index through which rows were found; null: none was.
  const std::shared_ptr<const KeyDefinition>& index_key() const { return index_key_; }

  // What a running scan with filters reads; absent before.
  const std::optional<duckdb::vector<duckdb::column_t>>& column_ids() const { return column_ids_; }

  // Null when there is none on the column.
  const duckdb::TableFilter* FilterOf(duckdb::column_t column) const;

  // False when no row of the file, one of the list, can pass its filters any more: dynamic ones
  // tighten while the query runs.
  bool CanStillMatch(duckdb::ClientContext& context, const ScanFile& file) const;

  duckdb::unique_ptr<duckdb::MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      duckdb::MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(
      duckdb::ClientContext& context, const duckdb::MultiFileOptions& options,
      const duckdb::vector<duckdb::string>& names, const duckdb::vector<duckdb::LogicalType>& types,
      const duckdb::vector<duckdb::column_t>& column_ids,
      duckdb::TableFilterSet& filters) const override;
  duckdb::vector<duckdb::OpenFileInfo> GetAllFiles() const override;
  duckdb::FileExpandResult GetExpandResult() const override;
  duckdb::idx_t GetTotalFileCount() const override;
  duckdb::unique_ptr<duckdb::NodeStatistics> GetCardinality(
      duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::MultiFileList> Copy() const override;

 protected:
  duckdb::OpenFileInfo GetFile(duckdb::idx_t index) const override;

 private:
  // The files of this list that can match `filters`, which replace those of this list: what is
  // pushed at run time repeats what was pushed while planning.
  duckdb::unique_ptr<FragmentList> With(duckdb::ClientContext& context,
                                        const ColumnFilters& filters) const;

  // What FileOf reads.
  duckdb::OpenFileInfo InfoOf(const ScanFile& file) const;

  // One file and no index: nothing that planning could choose from, and a scan looks at its filters
  // once more.
  bool IsOnlyScanned() const;

  // All files of the snapshot that can match the ranges, of those fragments.
  std::vector<ScanFile> FilesInRanges(const RangeFilters& ranges,
                                      const NumberChoice& fragments) const;
  // Adds a file for every schema that inline rows were written under.
  void AddInlineRows(std::vector<ScanFile>& files) const;
  // Leaves out, file by file, what the index shows not to match. The files of `known`, of which
  // these are some, have been looked up in the same way if its lookup_ is equal.
  void LookUp(duckdb::ClientContext& context, const FragmentList& known);
  void LookUpFragments(duckdb::ClientContext& context, const IndexLookup& lookup);
  void LookUpInline(duckdb::ClientContext& context, const IndexLookup& lookup);
  // Few rows that a filter names by their position, or OnlyRows, are read one by one where that is
  // possible: else by a scan, which has the filters.
  void FetchFewRows(duckdb::ClientContext& context);

  ScanTargetPointer target_;
  bool is_all_ = false;           // of the snapshot; files_ is filled by files() then
  bool has_chosen_rows_ = false;  // by OnlyRows
  bool is_distinct_ = false;
  mutable std::once_flag listed_;
  mutable std::vector<ScanFile> files_;
  // Of the first file, which DuckDB asks for several times in a statement.
  mutable std::once_flag first_described_;
  mutable duckdb::OpenFileInfo first_;
  std::shared_ptr<const KeyDefinition> index_key_;
  std::shared_ptr<const IndexLookup> lookup_;  // that filled the files' index_rows
  std::optional<duckdb::vector<duckdb::column_t>> column_ids_;
  ColumnFilters filters_;
  std::shared_ptr<const duckdb::RowGroupOrderOptions> order_;
};

}  // namespace icefall
