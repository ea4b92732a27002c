// The calls by which the engine waits, starts threads and draws random bytes. The linker's --wrap
// (CMakeLists.txt) sends those of this program's own objects here, and what they were as __real_.
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <pthread.h>
#include <sys/types.h>

#include "tests/races/scheduler.h"

using icefall::Scheduler;

extern "C" {
int __real_pthread_mutex_lock(pthread_mutex_t* mutex);
ssize_t __real_getrandom(void* bytes, size_t size, unsigned flags);
}

namespace {

bool IsFree(pthread_mutex_t* mutex) {
  if (pthread_mutex_trylock(mutex) != 0) return false;
  pthread_mutex_unlock(mutex);
  return true;
}

// How often each condition variable was notified. Only tasks come here, one at a time.
std::map<const void*, uint64_t>& Notifications() {
  static auto& notifications = *new std::map<const void*, uint64_t>();
  return notifications;
}

class ThreadState : public std::thread::_State {
 public:
  explicit ThreadState(Scheduler::Body body) : body_(std::move(body)) {}
  void _M_run() override { body_(); }

 private:
  const Scheduler::Body body_;
};

}  // namespace

extern "C" {

int __wrap_pthread_mutex_lock(pthread_mutex_t* mutex) {
  if (!Scheduler::InTask()) return __real_pthread_mutex_lock(mutex);
  Scheduler::Current()->Yield();
  if (pthread_mutex_trylock(mutex) == 0) return 0;
  Scheduler::Current()->WaitUntil([mutex] { return IsFree(mutex); });
  return __real_pthread_mutex_lock(mutex);
}

ssize_t __wrap_getrandom(void* bytes, size_t size, unsigned flags) {
  if (Scheduler::Current() == nullptr) return __real_getrandom(bytes, size, flags);
  for (size_t i = 0; i < size; ++i) {
    static_cast<uint8_t*>(bytes)[i] = static_cast<uint8_t>(Scheduler::Current()->Random(256));
  }
  return static_cast<ssize_t>(size);
}

// std::condition_variable::wait(std::unique_lock<std::mutex>&)
void __real__ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE(
    std::condition_variable* condition, std::unique_lock<std::mutex>* lock);
void __wrap__ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE(
    std::condition_variable* condition, std::unique_lock<std::mutex>* lock) {
  if (!Scheduler::InTask()) {
    return __real__ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE(condition, lock);
  }
  const uint64_t before = Notifications()[condition];
  pthread_mutex_t* const mutex = lock->mutex()->native_handle();
  lock->unlock();
  Scheduler::Current()->WaitUntil(
      [condition, before, mutex] { return Notifications()[condition] > before && IsFree(mutex); });
  lock->lock();
}

// std::condition_variable::notify_one(), notify_all(): waking too many is allowed.
void __real__ZNSt18condition_variable10notify_oneEv(std::condition_variable* condition);
void __wrap__ZNSt18condition_variable10notify_oneEv(std::condition_variable* condition) {
  if (Scheduler::InTask()) ++Notifications()[condition];
  __real__ZNSt18condition_variable10notify_oneEv(condition);
}
void __real__ZNSt18condition_variable10notify_allEv(std::condition_variable* condition);
void __wrap__ZNSt18condition_variable10notify_allEv(std::condition_variable* condition) {
  if (Scheduler::InTask()) ++Notifications()[condition];
  __real__ZNSt18condition_variable10notify_allEv(condition);
}

// std::thread::_M_start_thread(std::unique_ptr<std::thread::_State>, void (*)())
void __real__ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE(
    std::thread* thread, std::unique_ptr<std::thread::_State>* state, void (*depend)());
void __wrap__ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE(
    std::thread* thread, std::unique_ptr<std::thread::_State>* state, void (*depend)()) {
  const auto start = [&](std::unique_ptr<std::thread::_State> run) {
    __real__ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE(
        thread, &run, depend);
    return thread->get_id();
  };
  if (!Scheduler::InTask()) return void(start(std::move(*state)));
  const std::shared_ptr<std::thread::_State> wanted(std::move(*state));
  Scheduler::Current()->StartThread(
      [wanted] { wanted->_M_run(); },
      [&](Scheduler::Body body) { return start(std::make_unique<ThreadState>(std::move(body))); });
}

// std::thread::join()
void __real__ZNSt6thread4joinEv(std::thread* thread);
void __wrap__ZNSt6thread4joinEv(std::thread* thread) {
  if (Scheduler::InTask()) {
    Scheduler::Current()->WaitUntil(
        [id = thread->get_id()] { return Scheduler::Current()->HasEnded(id); });
  }
  __real__ZNSt6thread4joinEv(thread);
}

}  // extern "C"
