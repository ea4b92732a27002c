#include "s3proxy/virtual_bucket.h"

#include <algorithm>

namespace icefall::s3proxy {

void VirtualBucket::DropOldLocked() {
  const TimestampMicros oldest = clock_.NowMicros() - holding_.held_seconds * 1'000'000;
  uint64_t file_count = 0;
  size_t kept = 0;
  for (; kept < held_.size(); ++kept) {
    file_count += held_[kept].view->files.size();
    const bool fits = kept == 0 || file_count <= holding_.file_count_max;
    if (!fits || held_[kept].current_at < oldest) break;
  }
  held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(kept), held_.end());
}

void VirtualBucket::DropOld() {
  const std::lock_guard lock(mutex_);
  DropOldLocked();
}

void VirtualBucket::Hold(const TableViewPointer& view) {
  const std::lock_guard lock(mutex_);
  std::erase_if(held_, [&view](const Held& held) { return held.view == view; });
  held_.push_front({view, clock_.NowMicros()});
  DropOldLocked();
}

Result<TableViewPointer> VirtualBucket::Newest() {
  ICEFALL_ASSIGN_OR_RETURN(auto view, source_->Current());
  Hold(view);
  return view;
}

Result<TableViewPointer> VirtualBucket::At(uint64_t point) {
  {
    const std::lock_guard lock(mutex_);
    DropOldLocked();
    const auto found = std::ranges::find(held_, point, [](const Held& h) { return h.view->point; });
    if (found != held_.end()) return found->view;
  }
  // Another proxy may have begun the listing, or this one before it was started again.
  auto view = source_->is_fixed() ? source_->Current() : source_->At(point);
  if (!view && view.error().code() == ErrorCode::kNotFound) return Newest();
  return view;
}

VirtualFilePointer VirtualBucket::FindHeld(std::string_view key) {
  const std::lock_guard lock(mutex_);
  DropOldLocked();
  for (const Held& held : held_) {
    if (const auto* file = held.view->Find(key)) return *file;
  }
  return nullptr;
}

Result<VirtualFilePointer> VirtualBucket::Find(std::string_view key) {
  if (auto file = FindHeld(key)) return file;
  ICEFALL_ASSIGN_OR_RETURN(const auto view, Newest());
  const auto* file = view->Find(key);
  return file != nullptr ? *file : nullptr;
}

}  // namespace icefall::s3proxy
