#include "database/manifest_writer.h"

namespace icefall {

ManifestWriter::~ManifestWriter() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ManifestWriter::Enqueue(const std::string& log, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stops_ || !waiting_.insert(log).second) return;
    jobs_.emplace_back(log, std::move(job));
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  }
  changed_.notify_all();
}

void ManifestWriter::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty(); });
}

void ManifestWriter::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stops_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    auto [log, job] = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
    waiting_.erase(log);
    changed_.notify_all();
  }
}

}  // namespace icefall
