// The order in which writers on many machines make commits, without a lock service.
#pragma once

#include <cstdint>
#include <random>

#include "base/clock.h"
#include "table/ids.h"

namespace icefall {

// What a commit tells of itself to those who want the next one.
struct CommitSign {
  DatabaseSequence sequence;
  TimestampMicros committed_at = 0;
  // How many commits of others its writer has let by, which is about how many writers wait at a
  // time: 0 where none does.
  uint64_t waited = 0;
};

// How long requests take: their mean, and how far from it they usually are.
class RequestTime {
 public:
  void Note(int64_t micros);
  int64_t mean_micros() const { return mean_micros_; }  // 0: there was none
  // Hardly any takes longer.
  int64_t most_micros() const { return mean_micros_ + 4 * deviation_micros_; }

 private:
  int64_t mean_micros_ = 0;
  int64_t deviation_micros_ = 0;
};

// One writer's place in the line of those who want the next commit: who has waited longest tries,
// the next ones look for its commit, the others pause. It only advises: whoever tries out of turn
// does no harm, and a writer that sees no commit for a few requests tries whatever its place is.
class CommitQueue {
 public:
  struct Advice {
    bool is_turn = true;
    // Else: how long to pause, and whether many commits are expected after that, or the next one.
    int64_t pause_micros = 0;
    bool is_far = false;
  };

  // `known`: the newest commit as the writer begins to want the next. `seed`: each has its own.
  CommitQueue(const CommitSign& known, TimestampMicros now, uint64_t seed);

  // `known`: the newest commit; `request`: of this writer.
  Advice Next(const CommitSign& known, TimestampMicros now, const RequestTime& request);

  // The writer tried, and `winner` was there before.
  void Lost(const CommitSign& winner);

  // For the sign of a commit that the writer makes after `known`.
  uint64_t WaitedAfter(const CommitSign& known) const;

 private:
  uint64_t Age(DatabaseSequence known) const { return known.value - began_after_.value; }
  uint64_t Place(const CommitSign& known) const;

  const DatabaseSequence began_after_;
  std::minstd_rand random_;
  bool has_to_wait_ = false;
  int lost_count_ = 0;
  DatabaseSequence not_before_;  // among those who have waited as long
  // The newest commit that it was told of, since when, and how often.
  DatabaseSequence seen_;
  TimestampMicros seen_at_ = 0;
  int look_count_ = 0;
};

}  // namespace icefall
