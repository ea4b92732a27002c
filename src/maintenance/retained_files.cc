#include "maintenance/retained_files.h"

#include <iterator>

#include <fmt/format.h>

namespace icefall {

void RetainedFiles::AddFile(const Fragment& fragment, Sequence sequence) {
  RetainedFile file{fragment.size_bytes, fragment.sha256, sequence, std::nullopt};
  const auto [place, is_new] = files_.try_emplace(fragment.path, std::move(file));
  if (!is_new) place->second.last.reset();
  live_[fragment.id] = place;
}

void RetainedFiles::Add(const Snapshot& state, const ChangeSet* change) {
  const auto end = [&](auto live) {
    live->second->second.last = newest_;
    return live_.erase(live);
  };
  if (change == nullptr) {
    for (auto live = live_.begin(); live != live_.end();) {
      live = state.fragments.Find(live->first) == nullptr ? end(live) : std::next(live);
    }
    state.fragments.ForEach([&](const FragmentPointer& fragment) {
      if (!live_.contains(fragment->id)) AddFile(*fragment, state.sequence);
    });
  } else {
    for (const FragmentId id : change->removed_fragments) {
      if (const auto live = live_.find(id); live != live_.end()) end(live);
    }
    for (const auto& fragment : change->added_fragments) AddFile(*fragment, state.sequence);
  }
  newest_ = state.sequence;
}

std::string RetainedFiles::NeededBy(const RetainedFile& file) const {
  const uint64_t first = file.first.value;
  const uint64_t last = file.last.value_or(newest_).value;
  const char* end = file.last ? "" : ", which is the newest";
  if (first == last) return fmt::format("snapshot {}{}", first, end);
  return fmt::format("snapshots {} to {}{}", first, last, end);
}

}  // namespace icefall
