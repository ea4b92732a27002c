// A persistent, ordered set of fragments: deriving a new set costs one block, not the table.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "table/fragment.h"

namespace icefall {

// Ordered by fragment id. A value type that shares its blocks with the sets it was derived from;
// copying costs one pointer per block. Const calls are safe from several threads.
class FragmentSet {
 public:
  static constexpr size_t kBlockSizeMax = 256;

  // What becomes of one id: the fragment that it names from now on, or null: none.
  struct Edit {
    FragmentId id;
    FragmentPointer fragment;
  };

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Null when absent.
  FragmentPointer Find(FragmentId id) const;

  // Makes all edits, whose ids strictly ascend, in one pass: a touched block is copied once.
  // Removing an absent id does nothing. The way to fill a set, too.
  void Update(std::span<const Edit> edits);
  // Adds a fragment, or replaces the one with its id. Copies a block: for many, use Update.
  void Put(FragmentPointer fragment);
  // Removes by id; false when it was absent.
  bool Erase(FragmentId id);

  // Calls `visit(const FragmentPointer&)` in ascending id order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& block : blocks_) {
      for (const auto& fragment : *block) visit(fragment);
    }
  }

  // As ForEach, until `visit` answers true.
  template <typename Visit>
  void ForEachUntil(Visit&& visit) const {
    for (const auto& block : blocks_) {
      for (const auto& fragment : *block) {
        if (visit(fragment)) return;
      }
    }
  }

  // Calls `visit(before, after)` for every fragment that differs between two sets, either side
  // null where absent; blocks that both share are not looked into.
  template <typename Visit>
  static void Diff(const FragmentSet& before, const FragmentSet& after, Visit&& visit);

 private:
  using Block = std::vector<FragmentPointer>;
  using BlockPointer = std::shared_ptr<const Block>;

  // Index of the block that has or would have the id, not before `from`; blocks_.size() when past
  // all.
  size_t BlockIndex(FragmentId id, size_t from = 0) const;

  std::vector<BlockPointer> blocks_;  // none empty
  size_t size_ = 0;
};

template <typename Visit>
void FragmentSet::Diff(const FragmentSet& before, const FragmentSet& after, Visit&& visit) {
  size_t b = 0, a = 0, i = 0, j = 0;
  while (b < before.blocks_.size() || a < after.blocks_.size()) {
    if (i == 0 && j == 0 && b < before.blocks_.size() && a < after.blocks_.size() &&
        before.blocks_[b] == after.blocks_[a]) {
      ++b;
      ++a;
      continue;
    }
    const bool has_before = b < before.blocks_.size();
    const bool has_after = a < after.blocks_.size();
    const FragmentPointer* left = has_before ? &(*before.blocks_[b])[i] : nullptr;
    const FragmentPointer* right = has_after ? &(*after.blocks_[a])[j] : nullptr;
    const bool take_left = left != nullptr && (right == nullptr || (*left)->id <= (*right)->id);
    const bool take_right = right != nullptr && (left == nullptr || (*right)->id <= (*left)->id);
    if (!(take_left && take_right && *left == *right)) {
      visit(take_left ? *left : FragmentPointer(), take_right ? *right : FragmentPointer());
    }
    if (take_left && ++i == before.blocks_[b]->size()) {
      i = 0;
      ++b;
    }
    if (take_right && ++j == after.blocks_[a]->size()) {
      j = 0;
      ++a;
    }
  }
}

}  // namespace icefall
