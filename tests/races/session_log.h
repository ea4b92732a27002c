// What one process did to a database, line by line in a file that outlives its death.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "tests/races/history.h"

namespace icefall {

// Each line is one write, so a killed process leaves whole lines.
class SessionLog {
 public:
  explicit SessionLog(const std::string& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {}
  ~SessionLog() { ::close(descriptor_); }
  SessionLog(const SessionLog&) = delete;
  SessionLog& operator=(const SessionLog&) = delete;

  void Begin(const std::string& name, uint64_t tick) {
    Line(fmt::format("begin {} {}", name, tick));
  }
  void Scan(const std::string& prefix) { Line("scan " + prefix); }
  void Read(const RegisterKey& key, const RegisterValue& value) {
    Line(fmt::format("read {} {}", key, value));
  }
  // "-" for a deletion.
  void Write(const RegisterKey& key, const RegisterValue& value) {
    Line(fmt::format("write {} {}", key, value));
  }
  void End(uint64_t tick, const std::string& outcome) {
    Line(fmt::format("end {} {}", tick, outcome));
  }

 private:
  void Line(const std::string& line) {
    const std::string bytes = line + "\n";
    if (::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      ::_exit(2);
    }
  }

  const int descriptor_;
};

struct LoggedTransaction {
  RecordedTransaction record;
  std::string outcome;  // empty: the process died before it was told
};

inline std::vector<LoggedTransaction> ReadSessionLog(const std::string& path, uint64_t session) {
  std::vector<LoggedTransaction> transactions;
  std::ifstream file(path);
  for (std::string what, first, second; file >> what >> first;) {
    if (what != "scan") file >> second;
    if (what == "begin") {
      transactions.emplace_back();
      RecordedTransaction& record = transactions.back().record;
      record.name = first;
      record.session = session;
      record.begun = std::stoull(second);
      record.ended = UINT64_MAX;
      continue;
    }
    RecordedTransaction& record = transactions.back().record;
    if (what == "scan") record.scans.push_back(first);
    if (what == "read") record.reads.emplace_back(first, second);
    if (what == "write") record.writes[first] = second == "-" ? "" : second;
    if (what == "end") {
      record.ended = std::stoull(first);
      transactions.back().outcome = second;
    }
  }
  return transactions;
}

}  // namespace icefall
