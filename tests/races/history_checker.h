// Holds a history against what the isolation levels promise.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/races/history.h"

namespace icefall {

enum class Anomaly : uint8_t {
  kDirtyRead,        // a value that no commit left behind
  kFracturedRead,    // reads that no one state had together
  kLostUpdate,       // a commit replaced what a commit behind its snapshot had written
  kStaleRead,        // something committed before the transaction began was not seen
  kSessionWentBack,  // something that the session had seen before was not
  kFutureRead,       // something that began after the transaction had ended was seen
  kCycle,            // no order of the transactions, one by one, explains what they saw
};

struct Violation {
  Anomaly anomaly;
  std::string text;  // names the transactions and the register
};

// Versions of a register follow each other in the order of commits.
class HistoryChecker {
 public:
  explicit HistoryChecker(const History& history);

  // For each transaction a snapshot is looked for, a number of commits, that explains all of its
  // reads, includes what it must, and excludes whatever wrote what it writes, too.
  std::vector<Violation> CheckSnapshotIsolation();

  // One cycle, if there is any, of the graph of dependencies: who wrote what the other read or
  // replaced, and who replaced what the other read.
  std::vector<Violation> CheckSerializability();

 private:
  static constexpr size_t kNobody = SIZE_MAX;
  struct Version {
    uint64_t commit = 0;
    RegisterValue value;
    size_t writer = kNobody;
  };
  // Numbers of commits, as [begin, end) ranges in order.
  using Snapshots = std::vector<std::pair<uint64_t, uint64_t>>;

  // The snapshots that a transaction can have had, of those that show what it read.
  struct Choice {
    Snapshots states;
    uint64_t lowest = 0;

    // Only snapshots that include this commit, from now on; false when there is none.
    bool Raise(uint64_t commit);
    bool Includes(uint64_t commit) const;
    uint64_t Lowest() const;
    uint64_t Highest() const;
  };

  void ExpandScans();
  void CollectVersions();
  bool CheckReadValues(const RecordedTransaction& transaction);
  // Of all states that show the value.
  Snapshots StatesWith(const RegisterKey& key, const RegisterValue& value) const;
  std::optional<Snapshots> StatesRead(const RecordedTransaction& transaction);
  bool RaiseToReplaced(const RecordedTransaction& transaction, Choice& choice);
  bool RaiseToKnown(const RecordedTransaction& transaction, Choice& choice);
  void CheckTransaction(size_t index);
  uint64_t LowestOfTime(const RecordedTransaction& transaction) const;
  void Add(Anomaly anomaly, const RecordedTransaction& transaction, const std::string& text);
  void AddDependencies();
  // Which version of the register the transaction read; null when it cannot be known.
  const Version* VersionRead(size_t index, const RegisterKey& key,
                             const RegisterValue& value) const;
  bool FindCycle(size_t index, std::vector<size_t>& path, std::vector<int>& state);

  History history_;
  std::map<RegisterKey, std::vector<Version>> versions_;  // ascending
  std::map<RegisterValue, std::string> unseen_;           // values nobody may see: why
  std::map<uint64_t, uint64_t> session_at_;               // the newest that a session has seen
  std::vector<std::optional<uint64_t>> snapshot_of_;
  std::vector<std::map<size_t, std::string>> successors_;
  std::vector<Violation> violations_;
};

}  // namespace icefall
