#include "table/fragment_set.h"

#include <map>
#include <random>

#include "table/sample_table.h"

namespace icefall {
namespace {

using Model = std::map<uint64_t, FragmentPointer>;

FragmentPointer Some(uint64_t id) { return sample::DataFile(id, 0, 1); }

FragmentSet Filled(uint64_t first, uint64_t last) {
  std::vector<FragmentSet::Edit> edits;
  for (uint64_t id = first; id <= last; ++id) edits.push_back({FragmentId(id), Some(id)});
  FragmentSet set;
  set.Update(edits);
  return set;
}

Model Contents(const FragmentSet& set) {
  Model contents;
  uint64_t last = 0;
  set.ForEach([&](const FragmentPointer& fragment) {
    EXPECT_GT(fragment->id.value, last);
    last = fragment->id.value;
    contents[last] = fragment;
  });
  EXPECT_EQ(contents.size(), set.size());
  return contents;
}

struct Difference {
  uint64_t id;
  bool before;
  bool after;
  bool operator==(const Difference&) const = default;
};

std::vector<Difference> Differences(const FragmentSet& before, const FragmentSet& after) {
  std::vector<Difference> differences;
  FragmentSet::Diff(before, after, [&](const FragmentPointer& left, const FragmentPointer& right) {
    const uint64_t id = (left != nullptr ? left : right)->id.value;
    differences.push_back({id, left != nullptr, right != nullptr});
  });
  return differences;
}

TEST(FragmentSet, IsEmptyAtFirst) {
  FragmentSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.Find(FragmentId(1)), nullptr);
  EXPECT_FALSE(set.Erase(FragmentId(1)));
  set.Update({});
  EXPECT_EQ(set.size(), 0u);
}

TEST(FragmentSet, PutsReplacesAndErases) {
  FragmentSet set;
  const FragmentPointer first = Some(5);
  set.Put(first);
  set.Put(Some(3));
  EXPECT_EQ(set.size(), 2u);
  EXPECT_EQ(set.Find(FragmentId(5)), first);
  const FragmentPointer second = Some(5);
  set.Put(second);
  EXPECT_EQ(set.size(), 2u);
  EXPECT_EQ(set.Find(FragmentId(5)), second);
  EXPECT_EQ(set.Find(FragmentId(4)), nullptr);
  EXPECT_EQ(set.Find(FragmentId(6)), nullptr);
  EXPECT_TRUE(set.Erase(FragmentId(5)));
  EXPECT_FALSE(set.Erase(FragmentId(5)));
  EXPECT_TRUE(set.Erase(FragmentId(3)));
  EXPECT_TRUE(set.empty());
}

TEST(FragmentSet, LeavesCopiesAlone) {
  const FragmentSet before = Filled(1, 1000);
  FragmentSet after = before;
  after.Erase(FragmentId(300));
  after.Put(Some(1001));
  EXPECT_EQ(before.size(), 1000u);
  EXPECT_NE(before.Find(FragmentId(300)), nullptr);
  EXPECT_EQ(before.Find(FragmentId(1001)), nullptr);
  EXPECT_EQ(after.size(), 1000u);
}

TEST(FragmentSet, DiffNamesWhatWasAddedRemovedAndReplaced) {
  const FragmentSet before = Filled(1, 1000);
  FragmentSet after = before;
  after.Erase(FragmentId(300));
  after.Put(Some(700));
  after.Put(Some(1001));
  EXPECT_EQ(Differences(before, after),
            (std::vector<Difference>{{300, true, false}, {700, true, true}, {1001, false, true}}));
  EXPECT_EQ(Differences(after, before),
            (std::vector<Difference>{{300, false, true}, {700, true, true}, {1001, true, false}}));
  EXPECT_TRUE(Differences(after, after).empty());
  EXPECT_EQ(Differences(FragmentSet(), Filled(1, 2)),
            (std::vector<Difference>{{1, false, true}, {2, false, true}}));
}

// Every block but the ones the change touched is shared, so a Diff over a large table looks at few
// fragments. Counted through the use count of the fragments, which a block copy raises.
TEST(FragmentSet, SharesUntouchedBlocks) {
  const FragmentSet before = Filled(1, 10 * FragmentSet::kBlockSizeMax);
  FragmentSet after = before;
  after.Put(Some(1));
  uint64_t copied = 0;
  before.ForEach([&](const FragmentPointer& fragment) { copied += fragment.use_count() > 1; });
  EXPECT_EQ(copied, FragmentSet::kBlockSizeMax - 1);
}

// How many other fragments are in the block of the first one.
uint64_t NeighboursOfFirst(const FragmentSet& set, uint64_t first) {
  FragmentSet changed = set;
  changed.Put(Some(first));
  uint64_t neighbours = 0;
  set.ForEach([&](const FragmentPointer& fragment) { neighbours += fragment.use_count() > 1; });
  return neighbours;
}

TEST(FragmentSet, JoinsBlocksThatShrank) {
  constexpr uint64_t kBlocks = 8;
  for (const bool ascending : {true, false}) {
    FragmentSet set = Filled(1, kBlocks * FragmentSet::kBlockSizeMax);
    for (uint64_t i = 1; i <= kBlocks * FragmentSet::kBlockSizeMax; ++i) {
      const uint64_t id = ascending ? i : kBlocks * FragmentSet::kBlockSizeMax + 1 - i;
      if (id % FragmentSet::kBlockSizeMax != 1) set.Erase(FragmentId(id));
    }
    EXPECT_EQ(set.size(), kBlocks);
    EXPECT_EQ(NeighboursOfFirst(set, 1), kBlocks - 1) << ascending;
  }
}

TEST(FragmentSet, ForEachUntilStops) {
  const FragmentSet set = Filled(1, 600);
  uint64_t visits = 0;
  set.ForEachUntil([&](const FragmentPointer& fragment) {
    ++visits;
    return fragment->id == FragmentId(400);
  });
  EXPECT_EQ(visits, 400u);
}

TEST(FragmentSet, BehavesLikeAMap) {
  std::mt19937_64 random(1);
  FragmentSet set;
  Model model;
  uint64_t next_id = 1;
  for (int round = 0; round < 300; ++round) {
    const FragmentSet before = set;
    const Model model_before = model;
    std::map<uint64_t, FragmentPointer> changes;
    // Grows at first, then shrinks to nearly nothing.
    const uint64_t adds = round < 150 ? random() % 40 : random() % 4;
    for (uint64_t i = 0; i < adds; ++i, next_id += 1 + random() % 3)
      changes[next_id] = Some(next_id);
    for (uint64_t i = random() % 60; i > 0 && !model.empty(); --i) {
      const uint64_t id = random() % (next_id + 10);
      const bool removes = round >= 150 || random() % 4 == 0;
      changes[id + 1] = removes ? nullptr : Some(id + 1);
    }
    std::vector<FragmentSet::Edit> edits;
    for (const auto& [id, fragment] : changes) {
      edits.push_back({FragmentId(id), fragment});
      model.erase(id);
      if (fragment != nullptr) model[id] = fragment;
    }
    set.Update(edits);
    ASSERT_EQ(Contents(set), model) << "round " << round;
    ASSERT_EQ(Contents(before), model_before);
    std::vector<Difference> expected;
    for (const auto& [id, fragment] : changes) {
      const bool was = model_before.contains(id), is = model.contains(id);
      if (was || is) expected.push_back({id, was, is});
    }
    ASSERT_EQ(Differences(before, set), expected);
    for (const auto& [id, fragment] : changes) {
      ASSERT_EQ(set.Find(FragmentId(id)), fragment);
    }
  }
}

}  // namespace
}  // namespace icefall
