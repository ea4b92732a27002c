// SQL text through a session on a database of its own: done, or an error, and never an internal
// one.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "session/session.h"
#include "tests/crash/sample_database.h"
#include "tests/fuzz/fuzz_target.h"

namespace icefall::fuzz {
namespace {

constexpr const char* kTables =
    "CREATE TABLE t (i INTEGER PRIMARY KEY, v VARCHAR DEFAULT 'x', l INTEGER[], "
    "s STRUCT(a INTEGER, b DATE)); INSERT INTO t SELECT i, 'v' || i, [i], {'a': i, 'b': NULL} FROM "
    "range(300) r(i); INSERT INTO t VALUES (1000, NULL, NULL, NULL); DELETE FROM t WHERE i = 3;"
    "CREATE VIEW w AS SELECT i FROM t";

// Interrupts the session when it outlives the time.
class TimeLimit {
 public:
  explicit TimeLimit(Session& session)
      : watcher_([this, &session] {
          std::unique_lock lock(mutex_);
          while (!changed_.wait_for(lock, std::chrono::seconds(2), [this] { return done_; })) {
            session.Cancel();
          }
        }) {}
  ~TimeLimit() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    watcher_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread watcher_;
};

// Nothing outside the database is read or written.
std::string Confine(const std::string& directory) {
  return "SET allowed_directories = ['" + directory +
         "/']; SET enable_external_access = false; SET lock_configuration = true";
}

}  // namespace
}  // namespace icefall::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  const TemporaryDirectory directory;
  const auto session = Session::Open(
      directory.path(),
      {.create_if_missing = true, .memory_limit_bytes = uint64_t{256} << 20, .threads = 1});
  fuzz::Require(session.has_value(), "no database");
  fuzz::Require((*session)->Execute(fuzz::kTables).has_value(), "no tables");
  fuzz::Require((*session)->Execute(fuzz::Confine(directory.path())).has_value(), "not confined");
  const fuzz::TimeLimit limit(**session);
  const auto done = (*session)->Execute(fuzz::AsText(data, size));
  if (!done && done.error().message().find("INTERNAL") != std::string::npos) {
    fuzz::Require(false, done.error().message().c_str());
  }
  return 0;
}
