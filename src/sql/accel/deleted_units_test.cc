#include "sql/accel/deleted_units.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icefall {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kBudget = uint64_t{1} << 20;

Fragment FragmentOf(const std::string& path, uint64_t row_count,
                    std::shared_ptr<const DeletionVector> deletes) {
  Fragment fragment;
  fragment.path = path;
  fragment.row_count = row_count;
  fragment.deletes = std::move(deletes);
  return fragment;
}

std::vector<uint64_t> CountsOf(const DeletedUnits::Units& units) {
  std::vector<uint64_t> counts;
  for (const auto& unit : *units) counts.push_back(unit.count);
  return counts;
}

TEST(DeletedUnits, CountsByUnit) {
  DeletedUnits deleted;
  EXPECT_THAT(CountsOf(deleted.Of("t", FragmentOf("a", 2 * kUnitRows + 1, nullptr), kBudget)),
              ElementsAre(0, 0, 0));
  DeletionVector vector;
  vector.AddRange(kUnitRows - 2, kUnitRows + 3);
  vector.Add(2 * kUnitRows);
  const auto fragment =
      FragmentOf("a", 2 * kUnitRows + 1, std::make_shared<const DeletionVector>(vector));
  const auto units = deleted.Of("t", fragment, kBudget);
  EXPECT_THAT(CountsOf(units), ElementsAre(2, 3, 1));
  EXPECT_THAT(*(*units)[1].offsets, ElementsAre(0, 1, 2));
  EXPECT_EQ(deleted.Of("t", fragment, kBudget), units);
}

TEST(DeletedUnits, FollowsChangesInAnyDirection) {
  std::mt19937_64 random(7);
  DeletedUnits deleted;
  const uint64_t row_count = 9 * kUnitRows + 77;
  std::vector<std::shared_ptr<const DeletionVector>> versions;
  for (int i = 0; i < 40; ++i) {
    // After one of those before, which a look at the past may be at.
    DeletionVector vector;
    if (!versions.empty()) vector = *versions[random() % versions.size()];
    for (auto count = random() % 3; count > 0; --count) vector.Add(random() % row_count);
    if (i % 10 == 0) {
      const auto begin = random() % (row_count - 20'000);
      vector.AddRange(begin, begin + 20'000);
    }
    versions.push_back(std::make_shared<const DeletionVector>(std::move(vector)));
    for (const auto& version : {versions.back(), versions[random() % versions.size()]}) {
      const auto fragment = FragmentOf("a", row_count, version);
      const auto units = deleted.Of("t", fragment, kBudget);
      const auto expected = DeletedUnits().Of("t", fragment, 0);
      EXPECT_EQ(*units, *expected);
      for (size_t unit = 0; unit < units->size(); ++unit) {
        const auto& [found, wanted] = std::tie((*units)[unit].offsets, (*expected)[unit].offsets);
        EXPECT_EQ(found == nullptr, wanted == nullptr);
        if (found != nullptr && wanted != nullptr) {
          EXPECT_EQ(*found, *wanted);
        }
      }
    }
  }
}

TEST(DeletedUnits, KeepsWhatDidNotChange) {
  DeletedUnits deleted;
  DeletionVector vector;
  for (uint64_t unit = 0; unit < 9; ++unit) vector.Add(unit * kUnitRows + 5);
  auto fragment = FragmentOf("a", 9 * kUnitRows, std::make_shared<const DeletionVector>(vector));
  const auto before = deleted.Of("t", fragment, kBudget);
  vector.Add(3 * kUnitRows + 6);
  fragment.deletes = std::make_shared<const DeletionVector>(vector);
  const auto after = deleted.Of("t", fragment, kBudget);
  for (size_t unit = 0; unit < 9; ++unit) {
    EXPECT_EQ((*before)[unit].offsets == (*after)[unit].offsets, unit != 3) << unit;
  }
}

TEST(DeletedUnits, StaysWithinItsBudget) {
  DeletedUnits deleted;
  DeletionVector vector;
  vector.AddRange(0, 3'000);
  const auto deletes = std::make_shared<const DeletionVector>(vector);
  for (int i = 0; i < 500; ++i) {
    EXPECT_THAT(CountsOf(deleted.Of("t", FragmentOf(std::to_string(i), 10'000, deletes), kBudget)),
                ElementsAre(3'000));
    EXPECT_LE(deleted.size_bytes(), kBudget);
  }
  EXPECT_GT(deleted.size_bytes(), kBudget / 2);
  // The least recently used went.
  const auto last = FragmentOf("499", 10'000, deletes);
  EXPECT_EQ(deleted.Of("t", last, kBudget), deleted.Of("t", last, kBudget));
  deleted.Clear();
  EXPECT_EQ(deleted.size_bytes(), 0u);
  EXPECT_NE(deleted.Of("t", last, 0), deleted.Of("t", last, 0));
}

// States of other files on disk are found by these.
TEST(DeletedRows, HashesStayWhatTheyAre) {
  DeletionVector vector;
  vector.AddRange(kUnitRows + 3, kUnitRows + 6);
  const auto rows = DeletedRowsOfUnit(vector, 1);
  EXPECT_EQ(rows.count, 3u);
  EXPECT_EQ(rows.hash_low, 13118608389191997375u);
  EXPECT_EQ(rows.hash_high, 4499315320510711877u);
}

TEST(DeletedRows, TellsWhatWasDeletedSince) {
  DeletionVector vector;
  vector.Add(kUnitRows + 9);
  const auto before = DeletedRowsOfUnit(vector, 1);
  vector.Add(kUnitRows + 3);
  vector.Add(kUnitRows + 11);
  const auto now = DeletedRowsOfUnit(vector, 1);
  EXPECT_EQ(DeletedSince(1, before, now, 2), std::vector({kUnitRows + 3, kUnitRows + 11}));
  EXPECT_EQ(DeletedSince(1, before, now, 1), std::nullopt);
  EXPECT_EQ(DeletedSince(1, now, before, 2), std::nullopt);
  EXPECT_EQ(DeletedSince(1, {}, before, 2), std::vector({kUnitRows + 9}));
  DeletionVector other;
  other.AddRange(kUnitRows + 10, kUnitRows + 12);
  EXPECT_EQ(DeletedSince(1, before, DeletedRowsOfUnit(other, 1), 2), std::nullopt);
}

}  // namespace
}  // namespace icefall
