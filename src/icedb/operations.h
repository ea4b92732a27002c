// The maintenance operations of an icedb table: pure functions from a state to what changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "icedb/log_builder.h"
#include "icedb/table_state.h"

namespace icefall::icedb {

// Which partition is merged first.
enum class MergeOrder {
  kMostFiles,
  kFewestFiles,
  kNameDescending,
  kNameAscending,
};

struct MergeOptions {
  // Files of this size or more are left as they are; so many bytes or files end the choice.
  uint64_t size_bytes_max = 10'000'000;
  uint64_t file_count_max = 10;
  MergeOrder order = MergeOrder::kMostFiles;
  std::string partition_prefix;  // only partitions that begin so
};

struct MergePlan {
  std::string partition;
  std::vector<FileMarker> files;  // two or more, smallest first
};

// Of the first partition that has two or more files to merge. `prefix` is that of the table's data.
std::optional<MergePlan> PlanMerge(const TableState& state, std::string_view prefix,
                                   const MergeOptions& options);

// The files `killed` become `added`, which may be empty: merge and rewrite. `added_columns` are
// those of the new files that the table did not have. Error: kConflict naming a killed file that is
// not alive any more, and the log that says so.
Result<std::optional<MaintenanceDraft>> DraftReplacement(const TableState& state,
                                                         std::string_view operation,
                                                         const std::vector<std::string>& killed,
                                                         const std::vector<FileMarker>& added,
                                                         const Columns& added_columns = {});

// Alive files of the partitions, whole partitions until there are `file_count_max` of them.
Result<std::optional<MaintenanceDraft>> DraftRemoval(const TableState& state,
                                                     std::string_view prefix,
                                                     const std::vector<std::string>& partitions,
                                                     uint64_t file_count_max);

// Lets go what has been superseded for `age_ms_min` or longer, data files and log files, and puts
// maintenance's other log files into one; inserts' too, once there are many of them. With
// `age_ms_min` 0 nothing that is superseded stays.
std::optional<MaintenanceDraft> DraftCleanup(const TableState& state, int64_t now_ms,
                                             int64_t age_ms_min);

// Puts all log files that are not superseded into one, if there are at least so many.
std::optional<MaintenanceDraft> DraftLogMerge(const TableState& state, uint64_t log_count_min);

// The same for a table that nobody maintains, so that reads do not grow with its inserts: for
// `log_count_min` log files that are not superseded, and for large tables not before there is one
// for the square root of the number of data files, so that logs are not written over and over.
// Nothing where one of them was not written by this engine: the original's maintenance, which looks
// at no head, may be under way.
std::optional<MaintenanceDraft> DraftAutomaticLogMerge(const TableState& state,
                                                       uint64_t log_count_min);

// Alive files of one partition, in the state's order.
std::vector<FileMarker> AliveFilesOf(const TableState& state, std::string_view prefix,
                                     std::string_view partition);

// Partitions that have alive files, in the order in which they were first named.
std::vector<std::string> AlivePartitions(const TableState& state, std::string_view prefix);

}  // namespace icefall::icedb
