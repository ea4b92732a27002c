#include "maintenance/check_files.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

namespace icefall {

namespace {

struct RowIdRange {
  uint64_t first = 0;
  uint64_t count = 0;
  std::string path;
};

class FilesCheck {
 public:
  FilesCheck(ObjectStore& store, const CatalogObject& table, const Snapshot& snapshot,
             DataFileReader& reader, const CheckOptions& options, CheckReport& report)
      : store_(store),
        directory_(table.directory),
        snapshot_(snapshot),
        reader_(reader),
        options_(options),
        report_(report) {}

  void Run() {
    snapshot_.fragments.ForEach([&](const FragmentPointer& fragment) {
      CheckNullCounts(*fragment);
      // Rows of a file with stored ids took theirs from other files.
      if (!fragment->has_row_ids) AddLiveRanges(*fragment);
      CheckFile(*fragment);
    });
    for (const InlineBatchPointer& batch : snapshot_.inline_rows.batches) AddInlineRowIds(*batch);
    CheckRowIds();
  }

 private:
  std::string Name(const Fragment& fragment) const { return directory_ + "/" + fragment.path; }

  void Error(const Fragment& fragment, std::string code, const std::string& message) {
    report_.Add(Severity::kError, std::move(code), Name(fragment) + ": " + message);
  }

  void CheckNullCounts(const Fragment& fragment) {
    for (const ColumnStatistics& column : fragment.statistics) {
      if (column.null_count <= fragment.row_count) continue;
      Error(fragment, "Statistics",
            fmt::format("field {} has {} NULLs in {} rows", column.field.value, column.null_count,
                        fragment.row_count));
    }
  }

  // The ids of the live rows, as runs between deleted ones: a row that was moved keeps its id and
  // is deleted in the file that it left.
  void AddLiveRanges(const Fragment& fragment) {
    uint64_t begin = 0;
    const auto add = [&](uint64_t end) {
      if (end > begin) {
        ranges_.push_back({fragment.first_row_id.value + begin, end - begin, Name(fragment)});
      }
      begin = end + 1;
    };
    if (fragment.deletes) {
      fragment.deletes->ForEach([&](uint64_t position) {
        add(position);
        return true;
      });
    }
    add(fragment.row_count);
  }

  void AddInlineRowIds(const InlineBatch& batch) {
    const InlineRows& rows = snapshot_.inline_rows;
    for (uint64_t row = 0; row < batch.row_count; ++row) {
      const uint64_t position = batch.first_position + row;
      if (position < rows.floor || (rows.deletes && rows.deletes->Contains(position))) continue;
      const uint64_t id = batch.RowIdOf(row).value;
      ranges_.push_back({id, 1, fmt::format("{}: inline row {}", directory_, position)});
    }
  }

  void CheckFile(const Fragment& fragment) {
    const ObjectKey key = Name(fragment);
    const auto info = store_.Stat(key);
    if (!info.has_value()) {
      Error(fragment, "DataFileMissing",
            fmt::format("its {} live rows cannot be read: {}", fragment.live_count(),
                        info.error().message()));
      return;
    }
    if (info->size_bytes != fragment.size_bytes) {
      Error(fragment, "DataFileSize",
            fmt::format("expected {} bytes, found {}", fragment.size_bytes, info->size_bytes));
    }
    const auto path = store_.ExternalPath(key);
    if (!path.has_value()) return;  // no Parquet reader can reach this store
    if (options_.data) {
      CheckValues(fragment, *path);
      return;
    }
    const auto rows = reader_.RowCount(*path);
    if (!rows.has_value()) {
      Error(fragment, "DataFileUnreadable", rows.error().message());
    } else {
      CompareRowCount(fragment, *rows);
    }
  }

  void CompareRowCount(const Fragment& fragment, uint64_t found) {
    if (found == fragment.row_count) return;
    Error(fragment, "RowCount",
          fmt::format("expected {} rows, found {}", fragment.row_count, found));
  }

  void CheckValues(const Fragment& fragment, const std::string& path) {
    const auto schema = snapshot_.schemas.find(fragment.schema);
    if (schema == snapshot_.schemas.end()) {
      Error(fragment, "Statistics",
            fmt::format("written under schema {}, which is not there", fragment.schema.value));
      return;
    }
    const auto facts = reader_.ReadAll(path, *schema->second, fragment.has_row_ids);
    if (!facts.has_value()) {
      Error(fragment, "DataFileUnreadable", facts.error().message());
      return;
    }
    CompareRowCount(fragment, facts->row_count);
    for (const ColumnFacts& column : facts->columns) CompareColumn(fragment, column);
    for (size_t position = 0; position < facts->row_ids.size(); ++position) {
      const bool deleted = fragment.deletes && fragment.deletes->Contains(position);
      const uint64_t id = facts->row_ids[position].value_or(fragment.first_row_id.value + position);
      if (!deleted) ranges_.push_back({id, 1, Name(fragment)});
    }
  }

  void CompareColumn(const Fragment& fragment, const ColumnFacts& found) {
    const auto stored =
        std::ranges::find(fragment.statistics, found.field, &ColumnStatistics::field);
    if (stored == fragment.statistics.end()) return;
    const auto compare = [&](std::string_view what, const auto& expected, const auto& actual) {
      if (expected == actual) return;
      Error(fragment, "Statistics",
            fmt::format("field {}: {} is {} in the statistics, {} in the file", found.field.value,
                        what, expected, actual));
    };
    compare("the number of NULLs", stored->null_count, found.null_count);
    if (stored->text_size_max && found.longest_text > stored->text_size_max) {
      Error(fragment, "Statistics",
            fmt::format("field {}: its longest text has {} bytes, at most {} in the statistics",
                        found.field.value, *found.longest_text, *stored->text_size_max));
    }
    // An exact bound is that of a live row; rows deleted meanwhile may lie beyond it.
    if (fragment.deletes) return;
    if (stored->lower_is_exact && stored->lower_bound && found.minimum) {
      compare("the minimum", *stored->lower_bound, *found.minimum);
    }
    if (stored->upper_is_exact && stored->upper_bound && found.maximum) {
      compare("the maximum", *stored->upper_bound, *found.maximum);
    }
  }

  void CheckRowIds() {
    std::ranges::sort(ranges_, {}, &RowIdRange::first);
    for (size_t i = 0; i < ranges_.size(); ++i) {
      const RowIdRange& range = ranges_[i];
      if (range.first + range.count > snapshot_.next_row_id.value) {
        report_.Add(Severity::kError, "RowId",
                    fmt::format("{}: row id {} is past the table's next one, {}", range.path,
                                range.first + range.count - 1, snapshot_.next_row_id.value));
        return;
      }
      if (i > 0 && ranges_[i - 1].first + ranges_[i - 1].count > range.first) {
        report_.Add(Severity::kError, "RowIdTwice",
                    fmt::format("row id {} is in {} and in {}", range.first, ranges_[i - 1].path,
                                range.path));
        return;
      }
    }
  }

  ObjectStore& store_;
  const std::string& directory_;
  const Snapshot& snapshot_;
  DataFileReader& reader_;
  const CheckOptions& options_;
  CheckReport& report_;
  std::vector<RowIdRange> ranges_;
};

}  // namespace

void CheckFiles(ObjectStore& store, const CatalogObject& table, const Snapshot& snapshot,
                DataFileReader& reader, const CheckOptions& options, CheckReport& report) {
  FilesCheck(store, table, snapshot, reader, options, report).Run();
}

}  // namespace icefall
