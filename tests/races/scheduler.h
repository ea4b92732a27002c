// Runs tasks one at a time; a seed decides who goes on at each point where one may stop.
//
// Tasks are threads that hand one baton around. They stop where they say so (Yield: every call of a
// ScheduledStore), and where they would have to wait for each other: scheduled_calls.cc has the
// engine's mutexes, condition variables, threads and random bytes come here. So the same seed
// gives the same run, whatever the machine does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace icefall {

class Scheduler {
 public:
  using Body = std::function<void()>;

  // One at a time in a process.
  explicit Scheduler(uint64_t seed);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Until all of these have ended; threads that they started may go on in the next call. Prints the
  // seed and aborts when everybody waits for somebody.
  void Run(const std::vector<Body>& bodies);

  // Grows with every switch and every call: a clock for histories.
  uint64_t Tick() { return ++ticks_; }
  // Below `bound`, decided by the seed.
  uint64_t Random(uint64_t bound);
  uint64_t switches() const { return switches_; }

  // Null outside of Run. Those of other threads than its tasks are none of its business.
  static Scheduler* Current();
  // Whether the calling thread is a task.
  static bool InTask();
  // By a task: others may go on here.
  void Yield();
  // By a task: others go on until `ready` holds, which may be asked at any time, by any task.
  void WaitUntil(const std::function<bool()>& ready);
  // By a task: `body` will run as one, too, on the thread that `start` starts with what it is
  // given.
  void StartThread(const Body& body, const std::function<std::thread::id(Body)>& start);
  bool HasEnded(std::thread::id thread) const;

 private:
  struct Task;
  Task* Add(const Body& body, bool is_foreground);
  void RunTask(Task& task);
  // Who goes on; null when all foreground tasks have ended.
  Task* Choose();
  void HandTo(Task* next);
  void SwitchFrom(Task& task);

  const uint64_t seed_;
  std::mt19937_64 random_;
  uint64_t switch_odds_ = 1;  // a task goes on by itself except once in so many times
  uint64_t ticks_ = 0;
  uint64_t switches_ = 0;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::unique_ptr<Task> main_;  // stands for the thread that called Run
};

}  // namespace icefall
