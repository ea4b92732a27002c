#include "table/fragment_set.h"

#include <algorithm>
#include <utility>

namespace icefall {
namespace {

using Block = std::vector<FragmentPointer>;
using BlockPointer = std::shared_ptr<const Block>;

// Two neighbours that are together no larger than this become one block, so that a table that
// shrank does not keep a block per survivor. Half of a full one: a merged block has room to grow.
constexpr size_t kMergedSizeMax = FragmentSet::kBlockSizeMax / 2;

void PushMerging(std::vector<BlockPointer>& blocks, BlockPointer block) {
  if (block->empty()) return;
  if (blocks.empty() || blocks.back()->size() + block->size() > kMergedSizeMax) {
    blocks.push_back(std::move(block));
    return;
  }
  Block merged = *blocks.back();
  merged.insert(merged.end(), block->begin(), block->end());
  blocks.back() = std::make_shared<const Block>(std::move(merged));
}

// Blocks are filled to the end: ids ascend, so nothing is ever put between the fragments of a full
// one again.
void PushSplitting(std::vector<BlockPointer>& blocks, Block fragments) {
  if (fragments.size() <= FragmentSet::kBlockSizeMax) {
    PushMerging(blocks, std::make_shared<const Block>(std::move(fragments)));
    return;
  }
  auto begin = fragments.begin();
  while (begin != fragments.end()) {
    const auto count =
        std::min<std::ptrdiff_t>(FragmentSet::kBlockSizeMax, fragments.end() - begin);
    PushMerging(blocks, std::make_shared<const Block>(std::make_move_iterator(begin),
                                                      std::make_move_iterator(begin + count)));
    begin += count;
  }
}

Block Merge(const Block& block, std::span<const FragmentSet::Edit> edits) {
  Block merged;
  merged.reserve(block.size() + edits.size());
  auto fragment = block.begin();
  for (const FragmentSet::Edit& edit : edits) {
    while (fragment != block.end() && (*fragment)->id < edit.id) merged.push_back(*fragment++);
    if (fragment != block.end() && (*fragment)->id == edit.id) ++fragment;
    if (edit.fragment != nullptr) merged.push_back(edit.fragment);
  }
  merged.insert(merged.end(), fragment, block.end());
  return merged;
}

}  // namespace

size_t FragmentSet::BlockIndex(FragmentId id, size_t from) const {
  const auto found = std::lower_bound(
      blocks_.begin() + static_cast<std::ptrdiff_t>(from), blocks_.end(), id,
      [](const BlockPointer& block, FragmentId wanted) { return block->back()->id < wanted; });
  return static_cast<size_t>(found - blocks_.begin());
}

FragmentPointer FragmentSet::Find(FragmentId id) const {
  const size_t index = BlockIndex(id);
  if (index == blocks_.size()) return nullptr;
  const Block& block = *blocks_[index];
  const auto found = std::ranges::lower_bound(
      block, id, {}, [](const FragmentPointer& fragment) { return fragment->id; });
  return found != block.end() && (*found)->id == id ? *found : nullptr;
}

void FragmentSet::Update(std::span<const Edit> edits) {
  if (edits.empty()) return;
  static const BlockPointer kNoFragments = std::make_shared<const Block>();
  std::vector<BlockPointer> result;
  result.reserve(blocks_.size() + edits.size() / kBlockSizeMax + 1);
  size_t untouched = 0;  // the first block not yet in `result`
  for (size_t next = 0; next < edits.size();) {
    // What lies past all blocks goes into the last one.
    size_t index = BlockIndex(edits[next].id, untouched);
    if (index == blocks_.size() && index > untouched) --index;
    if (untouched < index) PushMerging(result, std::move(blocks_[untouched++]));
    std::move(blocks_.begin() + static_cast<std::ptrdiff_t>(untouched),
              blocks_.begin() + static_cast<std::ptrdiff_t>(index), std::back_inserter(result));
    const BlockPointer block = index < blocks_.size() ? blocks_[index] : kNoFragments;
    const bool is_last = index + 1 >= blocks_.size();
    size_t end = next + 1;
    while (end < edits.size() && (is_last || edits[end].id <= block->back()->id)) ++end;
    Block merged = Merge(*block, edits.subspan(next, end - next));
    size_ += merged.size();
    size_ -= block->size();
    PushSplitting(result, std::move(merged));
    untouched = std::min(index + 1, blocks_.size());
    next = end;
  }
  if (untouched < blocks_.size()) PushMerging(result, std::move(blocks_[untouched++]));
  std::move(blocks_.begin() + static_cast<std::ptrdiff_t>(untouched), blocks_.end(),
            std::back_inserter(result));
  blocks_ = std::move(result);
}

void FragmentSet::Put(FragmentPointer fragment) {
  const FragmentId id = fragment->id;
  const Edit edit{id, std::move(fragment)};
  Update({&edit, 1});
}

bool FragmentSet::Erase(FragmentId id) {
  if (Find(id) == nullptr) return false;
  const Edit edit{id, nullptr};
  Update({&edit, 1});
  return true;
}

}  // namespace icefall
