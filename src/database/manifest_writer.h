// Writes manifests behind the back of those who commit.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace icefall {

// One thread, started by the first job; one job per log is enough, so a second one is dropped while
// the first waits. Failing is harmless: a manifest only makes opening cheaper. Thread-safe.
class ManifestWriter {
 public:
  using Job = std::function<void()>;

  // Finishes the jobs that wait.
  ~ManifestWriter();

  void Enqueue(const std::string& log, Job job);
  // Until no job waits or runs.
  void WaitUntilIdle();

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::string, Job>> jobs_;  // guarded by mutex_, as are all below
  std::set<std::string> waiting_;                 // logs with a job that waits or runs
  bool stops_ = false;
  std::thread thread_;
};

}  // namespace icefall
