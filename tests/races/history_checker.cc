#include "tests/races/history_checker.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace icefall {
namespace {

std::string Shown(const RegisterValue& value) { return value.empty() ? "nothing" : value; }

}  // namespace

bool HistoryChecker::Choice::Raise(uint64_t commit) {
  lowest = std::max(lowest, commit);
  return std::ranges::any_of(states, [&](const auto& range) { return range.second > lowest; });
}

bool HistoryChecker::Choice::Includes(uint64_t commit) const {
  return std::ranges::any_of(
      states, [&](const auto& range) { return range.first <= commit && commit < range.second; });
}

uint64_t HistoryChecker::Choice::Lowest() const {
  for (const auto& [begin, end] : states) {
    if (end > lowest) return std::max(begin, lowest);
  }
  return lowest;
}

uint64_t HistoryChecker::Choice::Highest() const {
  uint64_t highest = Lowest();
  for (const auto& [begin, end] : states) highest = std::max(highest, end - 1);
  return highest;
}

HistoryChecker::HistoryChecker(const History& history) : history_(history) {
  std::ranges::stable_sort(history_, {}, &RecordedTransaction::begun);
  ExpandScans();
  CollectVersions();
  snapshot_of_.resize(history_.size());
}

// What a scan did not find was absent.
void HistoryChecker::ExpandScans() {
  std::set<RegisterKey> keys;
  for (const auto& transaction : history_) {
    for (const auto& [key, value] : transaction.writes) keys.insert(key);
    for (const auto& [key, value] : transaction.reads) keys.insert(key);
  }
  for (auto& transaction : history_) {
    std::set<RegisterKey> found;
    for (const auto& [key, value] : transaction.reads) found.insert(key);
    for (const std::string& prefix : transaction.scans) {
      for (auto key = keys.lower_bound(prefix); key != keys.end() && key->starts_with(prefix);
           ++key) {
        if (found.insert(*key).second) transaction.reads.emplace_back(*key, RegisterValue());
      }
    }
  }
}

void HistoryChecker::CollectVersions() {
  for (size_t i = 0; i < history_.size(); ++i) {
    const RecordedTransaction& transaction = history_[i];
    for (const RegisterValue& value : transaction.replaced) {
      unseen_[value] = fmt::format("{} had replaced it itself", transaction.name);
    }
    for (const auto& [key, value] : transaction.writes) {
      if (transaction.commit) {
        versions_[key].push_back({*transaction.commit, value, i});
      } else {
        unseen_[value] = fmt::format("{} did not commit", transaction.name);
      }
    }
    for (const auto& [key, value] : transaction.reads) versions_[key];
  }
  for (auto& [key, versions] : versions_) {
    versions.push_back(Version());
    std::ranges::sort(versions, {}, &Version::commit);
  }
}

void HistoryChecker::Add(Anomaly anomaly, const RecordedTransaction& transaction,
                         const std::string& text) {
  violations_.push_back({anomaly, fmt::format("{}: {}", transaction.name, text)});
}

bool HistoryChecker::CheckReadValues(const RecordedTransaction& transaction) {
  bool is_sound = true;
  for (const auto& [key, value] : transaction.reads) {
    const bool is_known = std::ranges::any_of(
        versions_.at(key), [&](const Version& version) { return version.value == value; });
    if (is_known) continue;
    is_sound = false;
    const auto why = unseen_.find(value);
    Add(Anomaly::kDirtyRead, transaction,
        fmt::format("read {} of {}: {}", Shown(value), key,
                    why == unseen_.end() ? "nobody wrote it" : why->second));
  }
  return is_sound;
}

HistoryChecker::Snapshots HistoryChecker::StatesWith(const RegisterKey& key,
                                                     const RegisterValue& value) const {
  Snapshots states;
  const auto& versions = versions_.at(key);
  for (size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].value != value) continue;
    const uint64_t end = i + 1 < versions.size() ? versions[i + 1].commit : UINT64_MAX;
    states.emplace_back(versions[i].commit, end);
  }
  return states;
}

// What was acknowledged before the transaction began must be seen.
uint64_t HistoryChecker::LowestOfTime(const RecordedTransaction& transaction) const {
  uint64_t lowest = 0;
  for (const RecordedTransaction& other : history_) {
    if (other.commit && other.ended < transaction.begun) lowest = std::max(lowest, *other.commit);
  }
  return lowest;
}

std::optional<HistoryChecker::Snapshots> HistoryChecker::StatesRead(
    const RecordedTransaction& transaction) {
  Snapshots states = {{0, transaction.commit.value_or(UINT64_MAX)}};
  for (const auto& [key, value] : transaction.reads) {
    Snapshots both;
    for (const auto& [begin, end] : StatesWith(key, value)) {
      for (const auto& [from, to] : states) {
        if (std::max(begin, from) < std::min(end, to)) {
          both.emplace_back(std::max(begin, from), std::min(end, to));
        }
      }
    }
    states = std::move(both);
    if (!states.empty()) continue;
    Add(Anomaly::kFracturedRead, transaction,
        fmt::format("read {} of {}, which no state had with the rest of what it read", Shown(value),
                    key));
    return std::nullopt;
  }
  return states;
}

// What each register had that the transaction replaced.
bool HistoryChecker::RaiseToReplaced(const RecordedTransaction& transaction, Choice& choice) {
  if (!transaction.commit) return true;
  for (const auto& [key, value] : transaction.writes) {
    const auto& versions = versions_.at(key);
    const auto mine = std::ranges::find(versions, *transaction.commit, &Version::commit);
    const uint64_t before = (mine - 1)->commit;
    if (choice.Raise(before)) continue;
    Add(Anomaly::kLostUpdate, transaction,
        fmt::format("replaced {} in commit {} without having seen commit {}", key,
                    *transaction.commit, before));
    return false;
  }
  return true;
}

bool HistoryChecker::RaiseToKnown(const RecordedTransaction& transaction, Choice& choice) {
  const uint64_t told = LowestOfTime(transaction);
  if (!choice.Raise(told)) {
    Add(Anomaly::kStaleRead, transaction,
        fmt::format("did not see commit {}, which was told before it began", told));
    return false;
  }
  uint64_t& session = session_at_[transaction.session];
  if (!choice.Raise(session)) {
    Add(Anomaly::kSessionWentBack, transaction,
        fmt::format("did not see commit {}, which its session had seen", session));
    return false;
  }
  session = std::max(choice.Lowest(), transaction.commit.value_or(0));
  return true;
}

void HistoryChecker::CheckTransaction(size_t index) {
  const RecordedTransaction& transaction = history_[index];
  if (!CheckReadValues(transaction)) return;
  auto states = StatesRead(transaction);
  if (!states) return;
  Choice choice{*std::move(states)};
  if (!RaiseToReplaced(transaction, choice)) return;
  if (!transaction.past) {
    if (!RaiseToKnown(transaction, choice)) return;
  } else if (!choice.Includes(*transaction.past)) {
    return Add(Anomaly::kFracturedRead, transaction,
               fmt::format("did not see commit {} as it was", *transaction.past));
  } else {
    choice.Raise(*transaction.past);
  }
  const uint64_t snapshot = choice.Lowest();
  // Where several states have all that it read, the one next to its commit leaves the fewest
  // between them.
  snapshot_of_[index] = transaction.commit ? choice.Highest() : snapshot;
  for (const RecordedTransaction& other : history_) {
    if (other.commit && other.begun > transaction.ended && *other.commit <= snapshot) {
      return Add(Anomaly::kFutureRead, transaction,
                 fmt::format("saw {}, which began after it had ended", other.name));
    }
  }
}

std::vector<Violation> HistoryChecker::CheckSnapshotIsolation() {
  violations_.clear();
  session_at_.clear();
  for (size_t i = 0; i < history_.size(); ++i) CheckTransaction(i);
  return violations_;
}

const HistoryChecker::Version* HistoryChecker::VersionRead(size_t index, const RegisterKey& key,
                                                           const RegisterValue& value) const {
  const auto& versions = versions_.at(key);
  const Version* found = nullptr;
  for (const Version& version : versions) {
    if (version.value != value) continue;
    // A value is written once; absence may come back, and then the snapshot decides.
    if (found != nullptr && version.commit > snapshot_of_[index].value_or(0)) break;
    found = &version;
  }
  return found;
}

void HistoryChecker::AddDependencies() {
  successors_.assign(history_.size(), {});
  const auto add = [&](size_t from, size_t to, const std::string& why) {
    if (from != kNobody && to != kNobody && from != to) successors_[from].emplace(to, why);
  };
  for (const auto& [key, versions] : versions_) {
    for (size_t i = 0; i + 1 < versions.size(); ++i) {
      add(versions[i].writer, versions[i + 1].writer, fmt::format("wrote {} before", key));
    }
  }
  for (size_t i = 0; i < history_.size(); ++i) {
    const RecordedTransaction& transaction = history_[i];
    // What was rolled back after reading promises nothing.
    if (!transaction.commit && !transaction.writes.empty()) continue;
    for (const auto& [key, value] : transaction.reads) {
      const Version* version = VersionRead(i, key, value);
      if (version == nullptr) continue;
      add(version->writer, i, fmt::format("wrote the {} that was read by", key));
      if (version + 1 < versions_.at(key).data() + versions_.at(key).size()) {
        add(i, version[1].writer, fmt::format("read the {} that was replaced by", key));
      }
    }
  }
}

bool HistoryChecker::FindCycle(size_t index, std::vector<size_t>& path, std::vector<int>& state) {
  constexpr int kOnPath = 1, kDone = 2;
  state[index] = kOnPath;
  path.push_back(index);
  for (const auto& [next, why] : successors_[index]) {
    if (state[next] == kOnPath) {
      path.erase(path.begin(), std::ranges::find(path, next));
      return true;
    }
    if (state[next] != kDone && FindCycle(next, path, state)) return true;
  }
  path.pop_back();
  state[index] = kDone;
  return false;
}

std::vector<Violation> HistoryChecker::CheckSerializability() {
  CheckSnapshotIsolation();
  violations_.clear();
  AddDependencies();
  std::vector<int> state(history_.size(), 0);
  for (size_t i = 0; i < history_.size(); ++i) {
    std::vector<size_t> path;
    if (state[i] != 0 || !FindCycle(i, path, state)) continue;
    std::string text;
    for (size_t step = 0; step < path.size(); ++step) {
      const size_t next = path[(step + 1) % path.size()];
      text += fmt::format("{} {} ", history_[path[step]].name, successors_[path[step]].at(next));
    }
    Add(Anomaly::kCycle, history_[path.front()], text + history_[path.front()].name);
    break;
  }
  return violations_;
}

}  // namespace icefall
