#include "maintenance/snapshot_difference.h"

#include <fmt/format.h>

namespace icefall {

namespace {

template <typename T>
std::string Compare(std::string_view what, const T& log, const T& manifest) {
  if (log == manifest) return "";
  return fmt::format("{} is {} by the log, {} in the manifest", what, log, manifest);
}

bool SameRows(const std::shared_ptr<const DeletionVector>& a,
              const std::shared_ptr<const DeletionVector>& b) {
  if (a == b) return true;
  return a && b && *a == *b;
}

bool SameFragment(const Fragment& a, const Fragment& b) {
  return a.path == b.path && a.row_count == b.row_count && a.size_bytes == b.size_bytes &&
         a.schema == b.schema && a.first_row_id == b.first_row_id &&
         a.has_row_ids == b.has_row_ids && a.added_at == b.added_at &&
         a.partition_spec == b.partition_spec && a.partition_values == b.partition_values &&
         a.statistics == b.statistics && a.deletes_version == b.deletes_version &&
         SameRows(a.deletes, b.deletes);
}

std::string CompareFragments(const Snapshot& log, const Snapshot& manifest) {
  std::string difference;
  FragmentSet::Diff(log.fragments, manifest.fragments,
                    [&](const FragmentPointer& a, const FragmentPointer& b) {
                      if (!difference.empty()) return;
                      if (!a || !b) {
                        difference = fmt::format("fragment {} is only in the {}", (a ? a : b)->path,
                                                 a ? "log" : "manifest");
                      } else if (!SameFragment(*a, *b)) {
                        difference = fmt::format("fragment {} differs", a->path);
                      }
                    });
  return difference;
}

}  // namespace

std::string DescribeDifference(const Snapshot& log, const Snapshot& manifest) {
  for (std::string difference :
       {Compare("the hash", log.hash, manifest.hash),
        Compare("the number of live rows", log.live_row_count, manifest.live_row_count),
        Compare("the next row id", log.next_row_id.value, manifest.next_row_id.value),
        Compare("the next fragment id", log.next_fragment_id.value,
                manifest.next_fragment_id.value),
        Compare("the number of inline rows", log.inline_rows.live_count(),
                manifest.inline_rows.live_count()),
        CompareFragments(log, manifest)}) {
    if (!difference.empty()) return difference;
  }
  if (!(*log.schema == *manifest.schema)) return "the schema differs";
  if (log.properties != manifest.properties) return "the properties differ";
  return "";
}

}  // namespace icefall
