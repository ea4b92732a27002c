#include "base/uuid.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(Uuid, HoldsTimeVersionAndVariant) {
  // The example of RFC 9562 appendix A.6 was made at 0x017F22E279B0 milliseconds.
  ManualClock clock(0x017F22E279B0 * 1000 + 500);
  const std::string uuid = NewUuid(clock);
  ASSERT_TRUE(IsUuid(uuid)) << uuid;
  EXPECT_EQ(uuid.substr(0, 18), "017f22e2-79b0-7800");
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
}

TEST(Uuid, SortsByCreationTime) {
  ManualClock clock(1700000000000000);
  std::string previous = NewUuid(clock);
  for (int i = 0; i < 5000; ++i) {
    clock.AdvanceMicros(1);
    const std::string next = NewUuid(clock);
    ASSERT_LT(previous, next);
    previous = next;
  }
}

TEST(Uuid, IsUniqueAcrossThreadsAtOneInstant) {
  ManualClock clock(1700000000000000);
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&clock, &mine] {
      for (int i = 0; i < 2000; ++i) mine.push_back(NewUuid(clock));
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8000u);
}

TEST(Uuid, TimeBeforeTheEpochCountsAsTheEpoch) {
  ManualClock clock(-5);
  EXPECT_EQ(NewUuid(clock).substr(0, 18), "00000000-0000-7000");
}

TEST(Uuid, IsUuidTakesOnlyTheLowerCaseForm) {
  EXPECT_TRUE(IsUuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
  EXPECT_TRUE(IsUuid("00000000-0000-0000-0000-000000000000"));
  for (const char* text :
       {"", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", "017f22e2079b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}"}) {
    EXPECT_FALSE(IsUuid(text)) << text;
  }
}

}  // namespace
}  // namespace icefall
