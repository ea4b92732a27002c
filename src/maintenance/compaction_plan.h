// Which data files of a table are worth writing anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/snapshot.h"

namespace icefall {

struct CompactionOptions {
  // A file of less than half of this is small: two of them in a partition become one.
  uint64_t target_size_bytes = uint64_t{512} << 20;
  // Everything is written anew, to be sorted.
  bool all = false;
};

// Rows that are read together, in this order, and written to files of their own.
struct CompactionGroup {
  std::vector<FragmentPointer> fragments;  // ascending ids
  bool inline_rows = false;                // behind those of the fragments
  // The partition that all rows are of; absent: they have to be looked at.
  std::optional<std::vector<std::optional<std::string>>> partition;
};

struct CompactionPlan {
  std::vector<CompactionGroup> groups;
  // The groups bring rows to partitions, where they may meet others: plan again afterwards.
  bool is_first_pass = false;
};

// A file is rewritten when rows of it are deleted, when it is of an old partition spec, or when it
// is small and not the only such one of its partition. Inline rows are, always. Empty when there is
// nothing to do; what a plan led to needs no other one.
CompactionPlan PlanCompaction(const Snapshot& snapshot, const CompactionOptions& options);

}  // namespace icefall
