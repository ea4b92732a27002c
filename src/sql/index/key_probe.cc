#include "sql/index/key_probe.h"

namespace icefall {
namespace {

// More keys than this and all inline rows are looked at instead.
constexpr size_t kInlineProbeCountMax = 64;

}  // namespace

Result<void> ProbeFragment(const IndexFile& file, const Fragment& fragment, const KeyRun& run,
                           const KeyVisit& visit) {
  if (run.empty() || file.entry_count() == 0) return {};
  IndexCursor cursor(file);
  size_t i = run.LowerBound(file.lowest());
  while (i < run.size()) {
    const auto key = run.key(i);
    ICEFALL_RETURN_IF_ERROR(cursor.Seek(key));
    if (!cursor.valid()) return {};
    if (cursor.Compare(key) != 0) {
      i = run.LowerBound(cursor.key(), i);
      continue;
    }
    while (cursor.valid() && cursor.Compare(key) == 0) {
      const uint64_t position = cursor.position();
      const bool is_live = fragment.deletes == nullptr || !fragment.deletes->Contains(position);
      if (is_live && visit(key, position)) return {};
      ICEFALL_RETURN_IF_ERROR(cursor.Next());
    }
    while (i < run.size() && run.key(i) == key) ++i;
  }
  return {};
}

Result<void> ProbeInlineRows(InlineKeys& keys, const Snapshot& snapshot,
                             duckdb::ClientContext* context, const KeyRun& run,
                             const KeyVisit& visit) {
  if (run.empty()) return {};
  if (run.size() > kInlineProbeCountMax) {
    size_t i = 0;
    return keys.ForEachFrom(snapshot, context, run.key(0),
                            [&](std::string_view key, uint64_t position) {
                              i = run.LowerBound(key, i);
                              if (i == run.size()) return true;
                              return run.key(i) == key && visit(key, position);
                            });
  }
  bool stops = false;
  for (size_t i = 0; i < run.size() && !stops; ++i) {
    const auto wanted = run.key(i);
    ICEFALL_RETURN_IF_ERROR(
        keys.ForEachFrom(snapshot, context, wanted, [&](std::string_view key, uint64_t position) {
          if (key != wanted) return true;
          stops = visit(key, position);
          return stops;
        }));
  }
  return {};
}

}  // namespace icefall
