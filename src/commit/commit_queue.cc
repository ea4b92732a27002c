#include "commit/commit_queue.h"

#include <algorithm>
#include <cstdlib>

namespace icefall {
namespace {

// An older sign tells nothing of those who wait now.
constexpr int64_t kFreshMicros = 2'000'000;
// The first ones look without a pause: the next commit is theirs within a request.
constexpr uint64_t kNearPlaces = 4;
// As long as this many requests a pause may go on though nobody is there any more.
constexpr uint64_t kPausedRequestsMax = 32;
constexpr uint64_t kPatientPlacesMax = 8;
// A clock that stands still, or was set back, keeps nobody waiting.
constexpr int kLooksMax = 64;
// Whatever others say of their waiting.
constexpr uint64_t kLetByMax = 1'000;
// The line gets shorter by at most this share of it at a commit.
constexpr uint64_t kFallShare = 8;
constexpr uint64_t kTiedPlacesMax = 64;
constexpr uint64_t kOvertakenPlacesMax = 4;

// One request that had to be repeated for long keeps nobody waiting long.
constexpr int64_t kRequestMicrosMax = 500'000;

// How long those before may take to show a commit: one PUT, and of those who lose patience, the
// first ones a request earlier each.
int64_t PatienceMicros(uint64_t place, const RequestTime& request) {
  return static_cast<int64_t>(std::min(place, kPatientPlacesMax)) * request.mean_micros() +
         request.most_micros();
}

}  // namespace

void RequestTime::Note(int64_t micros) {
  micros = std::clamp<int64_t>(micros, 0, kRequestMicrosMax);
  if (mean_micros_ == 0) {
    mean_micros_ = micros;
    return;
  }
  deviation_micros_ = (3 * deviation_micros_ + std::abs(micros - mean_micros_)) / 4;
  mean_micros_ = (7 * mean_micros_ + micros) / 8;
}

CommitQueue::CommitQueue(const CommitSign& known, TimestampMicros now, uint64_t seed)
    : began_after_(known.sequence),
      random_(static_cast<std::minstd_rand::result_type>(seed)),
      has_to_wait_(known.waited > 0 && now - known.committed_at < kFreshMicros) {}

uint64_t CommitQueue::WaitedAfter(const CommitSign& known) const {
  if (!has_to_wait_) return 0;
  const uint64_t age = Age(known.sequence);
  if (age == 0 && look_count_ > 0) return 0;  // nobody came
  // What one writer has waited tells of others, too, when it is held against what those before it
  // said: one that waited very long, or that came out of turn, tells of itself.
  const uint64_t fall = std::max<uint64_t>(known.waited / kFallShare, 1);
  return std::clamp(age, known.waited - std::min(known.waited, fall), known.waited + 1);
}

uint64_t CommitQueue::Place(const CommitSign& known) const {
  const uint64_t age = Age(known.sequence);
  if (!has_to_wait_ || age >= kLetByMax) return 0;
  const uint64_t older = known.waited > age ? known.waited - age : 0;
  const uint64_t next = known.sequence.value + 1;
  return std::max(older, not_before_.value > next ? not_before_.value - next : 0);
}

CommitQueue::Advice CommitQueue::Next(const CommitSign& known, TimestampMicros now,
                                      const RequestTime& request) {
  if (known.sequence != seen_ || look_count_ == 0) {
    seen_ = known.sequence;
    seen_at_ = now;
    look_count_ = 0;
  }
  const uint64_t place = Place(known);
  const bool is_patient =
      now - seen_at_ < PatienceMicros(place, request) && look_count_ < kLooksMax;
  if (place == 0 || !is_patient) return {};
  ++look_count_;
  if (place <= kNearPlaces) return {.is_turn = false};
  // In a line a commit takes more than a request, so that the place is a near one after this.
  const uint64_t requests = std::min(place - kNearPlaces, kPausedRequestsMax);
  return {.is_turn = false,
          .pause_micros = static_cast<int64_t>(requests) * request.mean_micros(),
          .is_far = requests > 1};
}

void CommitQueue::Lost(const CommitSign& winner) {
  has_to_wait_ = true;
  ++lost_count_;
  uint64_t places = kTiedPlacesMax;
  if (lost_count_ < 6) places = uint64_t{1} << lost_count_;
  // Nobody knows how many have waited as long as the winner and this writer, so more and more
  // places are drawn from. One that was overtaken lets one by more, for which it looks all the
  // time: so it hears of it sooner than who made it.
  const bool was_overtaken = winner.waited + kNearPlaces < Age(winner.sequence);
  if (was_overtaken) places = std::min(places, kOvertakenPlacesMax);
  const uint64_t drawn = std::uniform_int_distribution<uint64_t>(0, places - 1)(random_);
  not_before_ = DatabaseSequence(winner.sequence.value + 1 + drawn + (was_overtaken ? 1 : 0));
}

}  // namespace icefall
