#include "tests/races/scheduler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <semaphore>

namespace icefall {
namespace {

Scheduler* g_scheduler = nullptr;
thread_local void* t_task = nullptr;

}  // namespace

// Only who holds the baton touches any of this.
struct Scheduler::Task {
  Body body;
  bool is_foreground = false;
  bool has_ended = false;
  std::function<bool()> ready;  // empty: it can go on
  std::binary_semaphore baton{0};
  std::thread thread;  // of foreground tasks
  std::thread::id id;
};

Scheduler::Scheduler(uint64_t seed) : seed_(seed), random_(seed), main_(std::make_unique<Task>()) {
  // Seeds differ in how long a task is left alone: races need few switches at the right places as
  // often as many.
  constexpr uint64_t kOdds[] = {1, 2, 5, 20};
  switch_odds_ = kOdds[random_() % std::size(kOdds)];
  g_scheduler = this;
}

Scheduler::~Scheduler() { g_scheduler = nullptr; }

Scheduler* Scheduler::Current() { return g_scheduler; }
bool Scheduler::InTask() { return t_task != nullptr; }
uint64_t Scheduler::Random(uint64_t bound) { return random_() % bound; }

Scheduler::Task* Scheduler::Add(const Body& body, bool is_foreground) {
  tasks_.push_back(std::make_unique<Task>());
  tasks_.back()->body = body;
  tasks_.back()->is_foreground = is_foreground;
  return tasks_.back().get();
}

void Scheduler::RunTask(Task& task) {
  task.baton.acquire();
  t_task = &task;
  task.body();
  t_task = nullptr;
  task.has_ended = true;
  HandTo(Choose());
}

Scheduler::Task* Scheduler::Choose() {
  if (std::ranges::none_of(
          tasks_, [](const auto& task) { return task->is_foreground && !task->has_ended; })) {
    return nullptr;
  }
  std::vector<Task*> able;
  for (const auto& task : tasks_) {
    if (!task->has_ended && (!task->ready || task->ready())) able.push_back(task.get());
  }
  if (able.empty()) {
    std::fprintf(stderr, "seed %llu: every task waits for another one\n",
                 static_cast<unsigned long long>(seed_));
    std::abort();
  }
  return able[Random(able.size())];
}

void Scheduler::HandTo(Task* next) {
  ++switches_;
  (next == nullptr ? *main_ : *next).baton.release();
}

void Scheduler::SwitchFrom(Task& task) {
  Task* const next = Choose();
  if (next != &task) {
    HandTo(next);
    task.baton.acquire();
  }
  task.ready = nullptr;
}

void Scheduler::Yield() {
  ++ticks_;
  if (Random(switch_odds_) == 0) SwitchFrom(*static_cast<Task*>(t_task));
}

void Scheduler::WaitUntil(const std::function<bool()>& ready) {
  Task& task = *static_cast<Task*>(t_task);
  task.ready = ready;
  SwitchFrom(task);
}

void Scheduler::StartThread(const Body& body, const std::function<std::thread::id(Body)>& start) {
  Task* const task = Add(body, false);
  task->id = start([this, task] { RunTask(*task); });
}

bool Scheduler::HasEnded(std::thread::id thread) const {
  return std::ranges::all_of(
      tasks_, [&](const auto& task) { return task->id != thread || task->has_ended; });
}

void Scheduler::Run(const std::vector<Body>& bodies) {
  std::vector<Task*> foreground;
  for (const Body& body : bodies) foreground.push_back(Add(body, true));
  for (Task* task : foreground) task->thread = std::thread([this, task] { RunTask(*task); });
  HandTo(Choose());
  main_->baton.acquire();
  for (Task* task : foreground) task->thread.join();
  std::erase_if(tasks_, [](const auto& task) { return task->has_ended; });
}

}  // namespace icefall
