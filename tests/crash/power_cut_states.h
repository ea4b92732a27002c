// Every state of the disk that a power cut can leave.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/crash/recording_store.h"

namespace icefall {

using StoredFiles = std::map<ObjectKey, std::string>;

// What is durable after some events, and what may or may not be.
class DiskAfter {
 public:
  explicit DiskAfter(StoredFiles files) : durable_(std::move(files)) {}

  void Take(const StoreEvent& event) {
    Pending& pending = pending_[event.key];
    switch (event.kind) {
      case StoreEvent::Kind::kPut:
      case StoreEvent::Kind::kPersist:
        durable_[event.key] = event.bytes;
        pending = {};
        break;
      case StoreEvent::Kind::kCreate:
        durable_.try_emplace(event.key);
        break;
      case StoreEvent::Kind::kAppend:
        pending.appends.push_back(event.bytes);
        break;
      case StoreEvent::Kind::kSync:
        for (const std::string& bytes : pending.appends) durable_[event.key] += bytes;
        pending = {};
        break;
      case StoreEvent::Kind::kTruncate:
        for (const std::string& bytes : pending.appends) durable_[event.key] += bytes;
        durable_[event.key].resize(event.size_bytes);
        pending = {};
        break;
      case StoreEvent::Kind::kDelete:
        pending = {.deleted = true};
        break;
    }
  }

  // Each combination of what may have reached the disk of each object: objects are written back in
  // any order, one object's bytes as a prefix that may end inside a line.
  void ForEachState(const std::function<void(const StoredFiles&)>& visit) const {
    std::vector<std::pair<ObjectKey, std::vector<std::optional<std::string>>>> choices;
    for (const auto& [key, pending] : pending_) {
      auto states = StatesOf(key, pending);
      if (states.size() > 1) choices.emplace_back(key, std::move(states));
    }
    StoredFiles files = durable_;
    Choose(choices, 0, files, visit);
  }

 private:
  struct Pending {
    std::vector<std::string> appends;
    bool deleted = false;
  };
  using Choices = std::vector<std::pair<ObjectKey, std::vector<std::optional<std::string>>>>;

  // Absent: the object is gone.
  std::vector<std::optional<std::string>> StatesOf(const ObjectKey& key,
                                                   const Pending& pending) const {
    const auto found = durable_.find(key);
    std::vector<std::optional<std::string>> states;
    if (found == durable_.end()) return states;
    std::string bytes = found->second;
    states.emplace_back(bytes);
    if (pending.deleted) states.emplace_back(std::nullopt);
    for (const std::string& append : pending.appends) {
      states.emplace_back(bytes + append.substr(0, append.size() / 2));
      states.emplace_back(bytes + append.substr(0, append.size() - 1));
      bytes += append;
      states.emplace_back(bytes);
    }
    return states;
  }

  static void Choose(const Choices& choices, size_t index, StoredFiles& files,
                     const std::function<void(const StoredFiles&)>& visit) {
    if (index == choices.size()) return visit(files);
    const auto& [key, states] = choices[index];
    for (const auto& state : states) {
      state ? void(files[key] = *state) : void(files.erase(key));
      Choose(choices, index + 1, files, visit);
    }
  }

  StoredFiles durable_;
  std::map<ObjectKey, Pending> pending_;
};

struct PowerCutState {
  size_t events = 0;  // that had happened
  StoredFiles files;
};

// The states of power cuts before the first event, between any two, and after the last one, each
// once, with the highest number of events that can leave it.
inline std::vector<PowerCutState> PowerCutStates(const StoredFiles& initial,
                                                 const std::vector<StoreEvent>& events) {
  std::map<StoredFiles, size_t> found;
  DiskAfter disk(initial);
  for (size_t count = 0;; ++count) {
    disk.ForEachState([&](const StoredFiles& files) { found[files] = count; });
    if (count == events.size()) break;
    disk.Take(events[count]);
  }
  std::vector<PowerCutState> states;
  for (auto& [files, count] : found) states.push_back({count, files});
  return states;
}

}  // namespace icefall
