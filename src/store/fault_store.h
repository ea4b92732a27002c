// A store that fails where a plan says so, and counts its calls. Without a plan: a counting store.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/object_store.h"

namespace icefall {

// The calls of ObjectStore, then those of ObjectAppender.
enum class StoreCall {
  kPut,
  kRead,
  kReadToEnd,
  kStat,
  kList,
  kDelete,
  kOpenAppender,
  kPersist,
  kExternalPath,
  kRemoveAbandoned,
  kAppend,
  kSync,
  kSizeBytes,
  kTruncate,
  kRewrite,
};
inline constexpr size_t kStoreCallCount = 15;

// The name for messages: "put".
std::string_view StoreCallName(StoreCall call);

struct StoreCallInfo {
  StoreCall call;
  ObjectKey key;            // of kPersist the first one, of kList the prefix
  uint64_t number;          // among all calls, from 1
  uint64_t number_of_kind;  // among the calls of this kind, from 1
};

// What happens to one call: how much of it takes effect, and what the caller hears.
struct Fault {
  enum class Effect { kWhole, kNone, kTorn };
  enum class Answer { kTrue, kError, kCrash };
  Effect effect = Effect::kWhole;
  Answer answer = Answer::kTrue;
  ErrorCode code = ErrorCode::kUnavailable;  // for kError
  uint64_t torn_bytes = 0;                   // for kTorn: how much of an Append is written
  bool unsynced_is_lost = false;             // for kCrash: see FaultStore

  static Fault None() { return {}; }
  // Nothing happens and the caller hears so.
  static Fault FailBefore(ErrorCode code) { return {Effect::kNone, Answer::kError, code}; }
  // It happens, and the caller cannot know.
  static Fault FailAfter() { return {Effect::kWhole, Answer::kError, ErrorCode::kOutcomeUnknown}; }
  // An Append writes its first bytes and fails; any other call fails as by FailBefore.
  static Fault Torn(uint64_t torn_bytes, ErrorCode code = ErrorCode::kResourceExhausted) {
    return {Effect::kTorn, Answer::kError, code, torn_bytes};
  }
  // The process stops before, after, or in the middle of the call.
  static Fault CrashBefore() { return {Effect::kNone, Answer::kCrash}; }
  static Fault CrashAfter() { return {Effect::kWhole, Answer::kCrash}; }
  static Fault CrashTorn(uint64_t torn_bytes) {
    return {Effect::kTorn, Answer::kCrash, ErrorCode::kUnavailable, torn_bytes};
  }
  // The machine stops: as CrashBefore, and what was not synced is gone.
  static Fault PowerLossBefore() {
    return {Effect::kNone, Answer::kCrash, ErrorCode::kUnavailable, 0, true};
  }
};

// Asked before every call, without any lock held: it may wait for another thread, or change the
// base store as a rival would, but must not call the fault store. Concurrent calls ask
// concurrently.
using FaultPlan = std::function<Fault(const StoreCallInfo&)>;

// Plans that stop at the call of that number, counted from 1 over all calls.
FaultPlan FaultAtCall(uint64_t number, Fault fault);
// Counted over the calls of one kind.
FaultPlan FaultAtCall(StoreCall call, uint64_t number_of_kind, Fault fault);

// After a crash every call fails with kUnavailable and does nothing; reopening means to open the
// base again. With unsynced_is_lost the objects are cut to the size that they had at the last Sync
// through this store. Safe for concurrent calls when the base is; appenders must not outlive it.
class FaultStore : public ObjectStore {
 public:
  // `base` must outlive the store.
  explicit FaultStore(ObjectStore& base, FaultPlan plan = nullptr);

  // Takes effect with the next call.
  void SetPlan(FaultPlan plan);
  // Calls so far, the failed ones included.
  uint64_t CallCount() const;
  uint64_t CallCount(StoreCall call) const;
  // Starts counting from 0 again; a plan sees the new numbers.
  void ResetCounts();
  bool crashed() const;

  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override;
  Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) override;
  Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) override;
  Result<ObjectInfo> Stat(const ObjectKey& key) override;
  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override;
  Result<void> Delete(const ObjectKey& key) override;
  Result<std::unique_ptr<ObjectAppender>> OpenAppender(const ObjectKey& key) override;
  Result<void> Persist(const std::vector<ObjectKey>& keys) override;
  Result<std::string> ExternalPath(const ObjectKey& key) override;
  Result<uint64_t> RemoveAbandoned(TimestampMicros started_before) override;
  Capabilities capabilities() const override { return base_.capabilities(); }
  std::string name() const override { return "fault:" + base_.name(); }
  std::optional<RequestCounts> requests() const override { return base_.requests(); }

 private:
  class Appender;

  // Counts the call and decides on it.
  Fault Decide(StoreCall call, const ObjectKey& key);
  // Runs `call_base` unless the fault keeps it from taking effect; then answers.
  template <typename Call>
  auto Apply(StoreCall call, const ObjectKey& key, Call call_base) -> decltype(call_base());
  // The failure that the caller hears; notes a crash.
  Error Failure(const Fault& fault, StoreCall call, const ObjectKey& key);
  void NoteSynced(const ObjectKey& key, uint64_t size_bytes);
  void LoseUnsynced();

  ObjectStore& base_;
  mutable std::mutex mutex_;
  std::shared_ptr<const FaultPlan> plan_;
  std::array<uint64_t, kStoreCallCount> counts_ = {};
  uint64_t count_ = 0;
  bool crashed_ = false;
  // Sizes at the last Sync, or at the first opening, of what was opened for appending.
  std::map<ObjectKey, uint64_t> synced_sizes_;
};

}  // namespace icefall
