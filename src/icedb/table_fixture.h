// Tables in memory whose data files are lists of numbers, and an independent reader of them.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/uuid.h"
#include "icedb/operations.h"
#include "icedb/table.h"
#include "store/memory_store.h"

namespace icefall::icedb {

inline constexpr const char* kPrefix = "user_data/t";

// A clock on which time passes with every look.
class SteppingClock : public Clock {
 public:
  TimestampMicros NowMicros() override { return now_ += step_; }
  void Advance(int64_t ms) { now_ += ms * 1000; }
  void SetStep(int64_t step) { step_ = step; }

 private:
  std::atomic<TimestampMicros> now_ = 1'700'000'000'000'000;
  std::atomic<int64_t> step_ = 1000;
};

using Rows = std::multiset<int>;

inline std::string RowsToText(const Rows& rows) {
  std::string text;
  for (const int row : rows) text += std::to_string(row) + " ";
  return text;
}

inline Rows RowsOfText(const std::string& text) {
  std::istringstream stream(text);
  Rows rows;
  for (int row = 0; stream >> row;) rows.insert(row);
  return rows;
}

// What a reader sees that knows nothing of ours: it lists the log, reads all of it in the order of
// the keys and takes the last marker of every path. `before_ms` as in the original. Where a cleanup
// deletes log files on other threads meanwhile, it starts over.
inline Rows ReadAsTheOriginal(ObjectStore& log_store, ObjectStore& data,
                              int64_t before_ms = INT64_MAX) {
  const std::string folder = std::string(kPrefix) + "/_log";
  std::map<std::string, bool> alive;
  const auto listed = log_store.List({.prefix = folder}).value();
  for (const auto& object : listed) {
    const std::string name = object.key.substr(object.key.rfind('/') + 1);
    if (std::stoll(name.substr(0, name.find('_'))) >= before_ms) continue;
    std::vector<std::string> lines;
    const auto bytes = log_store.ReadToEnd(object.key, 0);
    if (!bytes) return ReadAsTheOriginal(log_store, data, before_ms);
    std::istringstream text(*bytes);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    const auto meta = nlohmann::json::parse(lines.at(0));
    for (size_t i = meta["f"]; i < lines.size(); ++i) {
      const auto marker = nlohmann::json::parse(lines[i]);
      alive[marker["p"]] = !marker.contains("tmb");
    }
  }
  Rows rows;
  for (const auto& [path, is_alive] : alive) {
    if (is_alive) rows.merge(RowsOfText(data.ReadToEnd(path, 0).value_or("-1")));
  }
  return rows;
}

inline std::shared_ptr<ObjectStore> Lend(ObjectStore& store) {
  return {std::shared_ptr<void>(), &store};
}

// One process at work on the table.
class Worker {
 public:
  Worker(ObjectStore& store, Clock& clock, std::string host)
      : table_(TablePlace{Lend(store), kPrefix, Lend(store), kPrefix}, clock),
        clock_(clock),
        store_(store),
        host_(std::move(host)) {}

  Table& table() { return table_; }

  Result<FileMarker> Store(const std::string& partition, const Rows& rows) {
    ICEFALL_ASSIGN_OR_RETURN(const auto key,
                             DataKey(kPrefix, partition, NewUuid(clock_) + ".parquet"));
    const std::string text = RowsToText(rows);
    ICEFALL_RETURN_IF_ERROR(store_.Put(key, text, PutCondition::IfAbsent()));
    return FileMarker{key, table_.NowMs(), text.size(), {}};
  }

  // A file for each partition.
  Result<CommittedLog> Insert(const std::vector<std::pair<std::string, Rows>>& partitions) {
    const int64_t started_at = table_.NowMs();
    std::vector<FileMarker> files;
    for (const auto& [partition, rows] : partitions) {
      ICEFALL_ASSIGN_OR_RETURN(files.emplace_back(), Store(partition, rows));
    }
    return table_.Append(host_, {{"n", "BIGINT"}}, files, started_at);
  }

  // As writers do it: now and then the log files are merged.
  Result<CommittedLog> InsertAndMergeLogs(const std::vector<std::pair<std::string, Rows>>& rows) {
    auto inserted = Insert(rows);
    if (inserted) table_.MergeLogsIfMany(host_);
    return inserted;
  }

  // Whether there was something to merge.
  Result<bool> Merge() {
    const int64_t started_at = table_.NowMs();
    ICEFALL_ASSIGN_OR_RETURN(const auto state, table_.Read());
    const auto plan = PlanMerge(*state, kPrefix, {});
    if (!plan) return false;
    Rows rows;
    std::vector<std::string> killed;
    for (const auto& file : plan->files) {
      ICEFALL_ASSIGN_OR_RETURN(const auto text, store_.ReadToEnd(file.path, 0));
      rows.merge(RowsOfText(text));
      killed.push_back(file.path);
    }
    ICEFALL_ASSIGN_OR_RETURN(const auto added, Store(plan->partition, rows));
    ICEFALL_ASSIGN_OR_RETURN(
        const auto committed,
        table_.Maintain(
            host_,
            [&](const TableState& now) { return DraftReplacement(now, "merge", killed, {added}); },
            started_at));
    return committed.has_value();
  }

  Result<bool> Remove(const std::string& partition) {
    ICEFALL_ASSIGN_OR_RETURN(
        const auto committed,
        table_.Maintain(
            host_,
            [&](const TableState& now) { return DraftRemoval(now, kPrefix, {partition}, 1000); },
            table_.NowMs()));
    return committed.has_value();
  }

  Result<bool> Cleanup(int64_t age_ms_min) {
    ICEFALL_ASSIGN_OR_RETURN(
        const auto committed,
        table_.Maintain(
            host_,
            [&](const TableState& now) -> Result<std::optional<MaintenanceDraft>> {
              return DraftCleanup(now, table_.NowMs(), age_ms_min);
            },
            table_.NowMs()));
    return committed.has_value();
  }

  Result<bool> MergeLogs() {
    ICEFALL_ASSIGN_OR_RETURN(
        const auto committed,
        table_.Maintain(
            host_,
            [&](const TableState& now) -> Result<std::optional<MaintenanceDraft>> {
              return DraftLogMerge(now, 2);
            },
            table_.NowMs()));
    return committed.has_value();
  }

  // Rows of all alive files.
  Rows Read(std::optional<int64_t> before_ms = std::nullopt) {
    const auto state = table_.Read(before_ms);
    EXPECT_TRUE(state) << state.error().message();
    Rows rows;
    if (!state) return rows;
    for (const auto& file : (*state)->files()) {
      if (!file.marker.is_alive()) continue;
      rows.merge(RowsOfText(store_.ReadToEnd(file.marker.path, 0).value_or("-1")));
    }
    return rows;
  }

 private:
  Table table_;
  Clock& clock_;
  ObjectStore& store_;
  const std::string host_;
};

}  // namespace icefall::icedb
