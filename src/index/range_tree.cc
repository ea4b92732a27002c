#include "index/range_tree.h"

#include <utility>

namespace icefall {
namespace {

// SplitMix64's last step: ids that are counted up get priorities that look random.
uint64_t PriorityOf(uint64_t id) {
  uint64_t x = id + 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// No end is above every end.
bool IsBelow(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  return a && (!b || *a < *b);
}

}  // namespace

KeyRange RangeOfKey(std::string key) {
  std::string end = key + '\0';
  return {std::move(key), std::move(end)};
}

bool IsOneKey(const KeyRange& range) {
  return range.high && range.high->size() == range.low.size() + 1 && range.high->back() == '\0' &&
         range.high->starts_with(range.low);
}

std::optional<std::string> EndOfPrefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  if (end.empty()) return std::nullopt;
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

// Of a treap: ordered by (low, id), a heap of priorities.
struct RangeTree::Node {
  uint64_t id = 0;
  uint64_t priority = 0;
  KeyRange range;
  const Node* highest = nullptr;  // in this subtree, the one that ends last
  NodePointer left;
  NodePointer right;
};

RangeTree::RangeTree() = default;

RangeTree::~RangeTree() = default;

void RangeTree::UpdateMaximum(Node& node) {
  node.highest = &node;
  for (const auto* child : {node.left.get(), node.right.get()}) {
    if (child != nullptr && IsBelow(node.highest->range.high, child->highest->range.high)) {
      node.highest = child->highest;
    }
  }
}

RangeTree::NodePointer RangeTree::Merge(NodePointer left, NodePointer right) {
  if (left == nullptr) return right;
  if (right == nullptr) return left;
  if (left->priority > right->priority) {
    left->right = Merge(std::move(left->right), std::move(right));
    UpdateMaximum(*left);
    return left;
  }
  right->left = Merge(std::move(left), std::move(right->left));
  UpdateMaximum(*right);
  return right;
}

std::pair<RangeTree::NodePointer, RangeTree::NodePointer> RangeTree::Split(NodePointer node,
                                                                           std::string_view low,
                                                                           uint64_t id) {
  if (node == nullptr) return {};
  const int order = node->range.low.compare(low);
  if (order < 0 || (order == 0 && node->id < id)) {
    auto [below, rest] = Split(std::move(node->right), low, id);
    node->right = std::move(below);
    UpdateMaximum(*node);
    return {std::move(node), std::move(rest)};
  }
  auto [below, rest] = Split(std::move(node->left), low, id);
  node->left = std::move(rest);
  UpdateMaximum(*node);
  return {std::move(below), std::move(node)};
}

void RangeTree::Put(uint64_t id, KeyRange range) {
  Erase(id);
  lows_[id] = range.low;
  auto [below, rest] = Split(std::move(root_), range.low, id);
  auto node = std::make_unique<Node>();
  node->id = id;
  node->priority = PriorityOf(id);
  node->range = std::move(range);
  UpdateMaximum(*node);
  root_ = Merge(Merge(std::move(below), std::move(node)), std::move(rest));
}

void RangeTree::Erase(uint64_t id) {
  const auto found = lows_.find(id);
  if (found == lows_.end()) return;
  auto [below, rest] = Split(std::move(root_), found->second, id);
  auto [gone, above] = Split(std::move(rest), found->second, id + 1);
  lows_.erase(found);
  root_ = Merge(std::move(below), std::move(above));
}

void RangeTree::Find(const Node* node, const KeyRange& range, size_t count_max,
                     std::vector<uint64_t>& ids) {
  if (node == nullptr || ids.size() >= count_max) return;
  const auto& last_end = node->highest->range.high;
  if (last_end && *last_end <= range.low) return;
  Find(node->left.get(), range, count_max, ids);
  if (ids.size() >= count_max || (range.high && *range.high <= node->range.low)) return;
  if (!node->range.high || range.low < *node->range.high) ids.push_back(node->id);
  Find(node->right.get(), range, count_max, ids);
}

void RangeTree::Find(const KeyRange& range, std::vector<uint64_t>& ids, size_t count_max) const {
  Find(root_.get(), range, count_max, ids);
}

}  // namespace icefall
