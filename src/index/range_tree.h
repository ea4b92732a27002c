// Which of many ranges of keys overlap a given one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace icefall {

// From `low` to before `high`, as bytes compare; without `high` there is no end.
struct KeyRange {
  std::string low;
  std::optional<std::string> high;
};

// That of one key alone: the least one above is a byte longer.
KeyRange RangeOfKey(std::string key);
// The range is that of one key, `low`.
bool IsOneKey(const KeyRange& range);

// The end of the keys that start with `prefix`; absent when none is above them.
std::optional<std::string> EndOfPrefix(std::string_view prefix);

// Ranges by the id of what they are of. A call costs the logarithm of their number, and what it
// answers. Not thread-safe.
class RangeTree {
 public:
  RangeTree();
  ~RangeTree();
  RangeTree(const RangeTree&) = delete;
  RangeTree& operator=(const RangeTree&) = delete;

  // Replaces what the id had.
  void Put(uint64_t id, KeyRange range);
  // Does nothing when there is none.
  void Erase(uint64_t id);
  size_t size() const { return lows_.size(); }

  // Appends the ids of those that overlap `range`, in no order, until `ids` has `count_max`.
  void Find(const KeyRange& range, std::vector<uint64_t>& ids, size_t count_max = SIZE_MAX) const;

 private:
  struct Node;
  using NodePointer = std::unique_ptr<Node>;

  static void UpdateMaximum(Node& node);
  static NodePointer Merge(NodePointer left, NodePointer right);
  // Into those below the place and those from it on.
  static std::pair<NodePointer, NodePointer> Split(NodePointer node, std::string_view low,
                                                   uint64_t id);
  static void Find(const Node* node, const KeyRange& range, size_t count_max,
                   std::vector<uint64_t>& ids);

  NodePointer root_;
  std::unordered_map<uint64_t, std::string> lows_;  // by id
};

}  // namespace icefall
