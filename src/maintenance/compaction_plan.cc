#include "maintenance/compaction_plan.h"

#include <algorithm>
#include <map>
#include <utility>

namespace icefall {
namespace {

using PartitionTuple = std::vector<std::optional<std::string>>;

struct Partition {
  std::vector<FragmentPointer> worn;   // rewritten in any case
  std::vector<FragmentPointer> small;  // when there are several

  bool has_work(bool joined) const {
    return !worn.empty() || small.size() > 1 || (joined && !small.empty());
  }
};

bool IsWorn(const Fragment& fragment, const CompactionOptions& options) {
  return options.all || fragment.deleted_count() > 0;
}

std::vector<FragmentPointer> Merged(Partition partition) {
  std::vector<FragmentPointer> merged = std::move(partition.worn);
  merged.insert(merged.end(), partition.small.begin(), partition.small.end());
  std::ranges::sort(merged, {}, &Fragment::id);
  return merged;
}

}  // namespace

CompactionPlan PlanCompaction(const Snapshot& snapshot, const CompactionOptions& options) {
  const bool is_partitioned = !snapshot.current_partition_spec().fields.empty();
  const bool has_inline_rows = !snapshot.inline_rows.batches.empty();
  CompactionPlan plan;
  CompactionGroup first;
  first.inline_rows = is_partitioned && has_inline_rows;
  std::map<PartitionTuple, Partition> partitions;
  snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
    if (fragment->partition_spec != snapshot.partition_spec) {
      first.fragments.push_back(fragment);
      return;
    }
    Partition& partition = partitions[fragment->partition_values];
    if (IsWorn(*fragment, options)) {
      partition.worn.push_back(fragment);
    } else if (fragment->size_bytes < options.target_size_bytes / 2) {
      partition.small.push_back(fragment);
    }
  });
  if (is_partitioned && (first.inline_rows || !first.fragments.empty())) {
    plan.is_first_pass = true;
    plan.groups.push_back(std::move(first));
    return plan;
  }
  // What was partitioned once and no longer is belongs to the one partition that there is.
  const bool joins = !is_partitioned && (has_inline_rows || !first.fragments.empty());
  if (joins) {
    std::vector<FragmentPointer>& worn = partitions[{}].worn;
    worn.insert(worn.end(), first.fragments.begin(), first.fragments.end());
  }
  for (auto& [values, partition] : partitions) {
    if (!partition.has_work(joins) && !(joins && has_inline_rows)) continue;
    CompactionGroup group;
    group.fragments = Merged(std::move(partition));
    group.inline_rows = !is_partitioned && has_inline_rows;
    group.partition = values;
    plan.groups.push_back(std::move(group));
  }
  return plan;
}

}  // namespace icefall
