#include "commit/commit_queue.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace icefall {
namespace {

constexpr int64_t kRequestMicros = 50'000;
constexpr TimestampMicros kNow = 1'000'000'000;

RequestTime Requests() {
  RequestTime time;
  time.Note(kRequestMicros);
  return time;
}

const RequestTime kRequests = Requests();

CommitSign Sign(uint64_t sequence, uint64_t waited) {
  return {DatabaseSequence(sequence), kNow, waited};
}

TEST(CommitQueueTest, WithoutAWaitBeforeItItIsEverybodysTurn) {
  CommitQueue queue(Sign(7, 0), kNow, 1);
  EXPECT_TRUE(queue.Next(Sign(7, 0), kNow, kRequests).is_turn);
  EXPECT_EQ(queue.WaitedAfter(Sign(7, 0)), 0U);
}

TEST(CommitQueueTest, AWaitLongAgoIsForgotten) {
  CommitQueue queue(Sign(7, 50), kNow + 10'000'000, 1);
  EXPECT_TRUE(queue.Next(Sign(7, 50), kNow + 10'000'000, kRequests).is_turn);
}

TEST(CommitQueueTest, WhoComesLastPausesAndLooksAsItsTurnComesNear) {
  CommitQueue queue(Sign(7, 50), kNow, 1);
  const auto far = queue.Next(Sign(7, 50), kNow, kRequests);
  EXPECT_FALSE(far.is_turn);
  EXPECT_TRUE(far.is_far);
  EXPECT_GT(far.pause_micros, 10 * kRequestMicros);
  const auto near = queue.Next(Sign(54, 50), kNow, kRequests);
  EXPECT_FALSE(near.is_turn);
  EXPECT_EQ(near.pause_micros, 0);
  EXPECT_TRUE(queue.Next(Sign(57, 50), kNow, kRequests).is_turn);
  EXPECT_EQ(queue.WaitedAfter(Sign(57, 50)), 50U);
}

TEST(CommitQueueTest, WhereNobodyCommitsTheFirstOnesTryFirst) {
  CommitQueue first(Sign(7, 1), kNow, 1), third(Sign(7, 3), kNow, 2);
  EXPECT_FALSE(first.Next(Sign(7, 1), kNow, kRequests).is_turn);
  EXPECT_FALSE(third.Next(Sign(7, 3), kNow, kRequests).is_turn);
  const auto later = kNow + 2 * kRequestMicros;
  EXPECT_TRUE(first.Next(Sign(7, 1), later, kRequests).is_turn);
  EXPECT_FALSE(third.Next(Sign(7, 3), later, kRequests).is_turn);
  EXPECT_TRUE(third.Next(Sign(7, 3), later + 2 * kRequestMicros, kRequests).is_turn);
}

TEST(CommitQueueTest, AClockThatStandsStillKeepsNobodyWaiting) {
  CommitQueue queue(Sign(7, 3), kNow, 1);
  int looks = 0;
  while (!queue.Next(Sign(7, 3), kNow, kRequests).is_turn) ASSERT_LT(++looks, 100);
  EXPECT_GT(looks, 0);
}

TEST(CommitQueueTest, WhatOthersSayOfTheirWaitIsBelievedWithinLimits) {
  constexpr uint64_t kAll = uint64_t{1} << 60;
  CommitQueue queue(Sign(7, kAll), kNow, 1);
  EXPECT_FALSE(queue.Next(Sign(500, kAll), kNow, kRequests).is_turn);
  EXPECT_TRUE(queue.Next(Sign(1007, kAll), kNow, kRequests).is_turn);
}

TEST(CommitQueueTest, OneThatWaitedLongSaysWhatTheLineIs) {
  CommitQueue queue(Sign(7, 0), kNow, 1);
  queue.Lost(Sign(8, 0));
  EXPECT_EQ(queue.WaitedAfter(Sign(8, 0)), 1U);
  EXPECT_EQ(queue.WaitedAfter(Sign(40, 5)), 6U);
}

TEST(CommitQueueTest, WhoWasOvertakenLooksForTheNextCommitAndIsThen) {
  CommitQueue queue(Sign(7, 0), kNow, 1);
  queue.Lost(Sign(17, 0));
  const auto advice = queue.Next(Sign(17, 0), kNow, kRequests);
  EXPECT_FALSE(advice.is_turn);
  EXPECT_EQ(advice.pause_micros, 0);
  EXPECT_TRUE(queue.Next(Sign(19, 0), kNow, kRequests).is_turn);
}

// Writers that want a commit all the time, over a store whose answers take as long as requests.
// Time is a number, and which event comes first is always the same.
class Simulation {
 public:
  explicit Simulation(size_t writer_count) : writers_(writer_count) {
    for (Writer& writer : writers_) At(now_ + Random(1'000), [&] { Begin(writer); });
  }

  void RunUntil(TimestampMicros end) {
    while (!events_.empty() && events_.top().time < end) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.time;
      event.happen();
    }
  }

  uint64_t commit_count() const { return commits_.size() - 1; }
  int lost_count() const { return lost_count_; }
  int64_t longest_micros() const { return longest_; }

 private:
  using Then = std::function<void()>;

  struct Event {
    TimestampMicros time;
    uint64_t number;
    Then happen;
    bool operator<(const Event& other) const {  // the top of the queue is the greatest
      return std::pair(other.time, other.number) < std::pair(time, number);
    }
  };

  struct Writer {
    CommitSign known;
    std::vector<CommitQueue> queue;  // one, while it wants a commit
    TimestampMicros began = 0;
  };

  int64_t Random(int64_t end) {
    return std::uniform_int_distribution<int64_t>(0, end - 1)(random_);
  }

  void At(TimestampMicros time, Then happen) {
    events_.push({time, event_count_++, std::move(happen)});
  }

  void Request(const Then& served, Then answered) {
    const int64_t way = kRequestMicros * 2 / 5 + Random(kRequestMicros / 5);
    At(now_ + way, [this, served, answered = std::move(answered), way] {
      served();
      At(now_ + way, answered);
    });
  }

  void ReadNext(Writer& writer, Then then) {
    Request(
        [&] {
          const uint64_t next = writer.known.sequence.value + 1;
          if (next < commits_.size()) writer.known = commits_[next];
        },
        std::move(then));
  }

  // A listing, and the newest of what was listed.
  void ReadAhead(Writer& writer, const Then& then) {
    Request([] {},
            [this, &writer, then] { Request([&] { writer.known = commits_.back(); }, then); });
  }

  void Begin(Writer& writer) {
    writer.began = now_;
    ReadNext(writer, [&] {
      writer.queue.clear();
      writer.queue.emplace_back(writer.known, now_, event_count_);
      Step(writer);
    });
  }

  void Step(Writer& writer) {
    const auto advice = writer.queue[0].Next(writer.known, now_, kRequests);
    if (advice.is_turn) return Try(writer);
    At(now_ + advice.pause_micros, [this, &writer, is_far = advice.is_far] {
      const Then then = [this, &writer] { Step(writer); };
      is_far ? ReadAhead(writer, then) : ReadNext(writer, then);
    });
  }

  void Try(Writer& writer) {
    const CommitSign mine{writer.known.sequence.Next(), now_,
                          writer.queue[0].WaitedAfter(writer.known)};
    const auto won = std::make_shared<bool>(false);
    Request(
        [this, mine, won] {
          *won = commits_.size() == mine.sequence.value;
          if (*won) commits_.push_back(mine);
        },
        [this, &writer, mine, won] { *won ? Won(writer, mine) : Lost(writer); });
  }

  void Won(Writer& writer, const CommitSign& mine) {
    writer.known = mine;
    longest_ = std::max(longest_, now_ - writer.began);
    Begin(writer);
  }

  void Lost(Writer& writer) {
    ++lost_count_;
    ReadNext(writer, [&] {
      writer.queue[0].Lost(writer.known);
      Step(writer);
    });
  }

  std::minstd_rand random_;
  TimestampMicros now_ = kNow;
  uint64_t event_count_ = 0;
  std::priority_queue<Event> events_;
  std::vector<CommitSign> commits_{CommitSign()};
  std::vector<Writer> writers_;
  int lost_count_ = 0;
  int64_t longest_ = 0;
};

// A commit cannot take less than a request, and with a look before it two.
TEST(CommitQueueTest, WritersTakeTurnsAndLoseLittle) {
  constexpr uint64_t kSeconds = 60;
  for (const size_t writers : {2, 3, 10, 50, 100}) {
    Simulation simulation(writers);
    simulation.RunUntil(kNow + kSeconds * 1'000'000);
    const uint64_t commits = simulation.commit_count();
    EXPECT_GE(commits, kSeconds * 1'000'000 / (2 * kRequestMicros) * 9 / 10) << writers;
    EXPECT_LE(simulation.lost_count(), 2 * commits) << writers;
    const int64_t round = static_cast<int64_t>(writers * kSeconds * 1'000'000 / commits);
    EXPECT_LE(simulation.longest_micros(), 5 * round + 5'000'000) << writers;
  }
}

TEST(CommitQueueTest, OneAloneNeverWaits) {
  Simulation simulation(1);
  simulation.RunUntil(kNow + 60'000'000);
  EXPECT_GE(simulation.commit_count(), 590U);
  EXPECT_EQ(simulation.lost_count(), 0);
}

}  // namespace
}  // namespace icefall
