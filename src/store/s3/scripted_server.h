// For tests: an HTTP server on this machine whose answers are written down before.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace icefall {

struct ScriptedAnswer {
  // The status line's number; 0: the connection is cut after the request was read.
  int status = 200;
  std::vector<std::string> headers;  // "name: value"
  std::string body;
};

// Answers requests in turn, each on its own connection; 500 when the script is at its end.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::deque<ScriptedAnswer> script);
  ~ScriptedServer();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // The requests so far: their head and body as they came.
  std::vector<std::string> requests() const;

 private:
  void Serve();
  void Answer(int connection);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::deque<ScriptedAnswer> script_;  // guarded by mutex_
  std::vector<std::string> requests_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace icefall
