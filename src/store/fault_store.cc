#include "store/fault_store.h"

#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr std::array<std::string_view, kStoreCallCount> kNames = {
    "put",    "read",          "read_to_end", "stat",          "list",
    "delete", "open_appender", "persist",     "external_path", "remove_abandoned",
    "append", "sync",          "size_bytes",  "truncate",      "rewrite"};

}  // namespace

std::string_view StoreCallName(StoreCall call) { return kNames[static_cast<size_t>(call)]; }

FaultPlan FaultAtCall(uint64_t number, Fault fault) {
  return [number, fault](const StoreCallInfo& info) {
    return info.number == number ? fault : Fault::None();
  };
}

FaultPlan FaultAtCall(StoreCall call, uint64_t number_of_kind, Fault fault) {
  return [call, number_of_kind, fault](const StoreCallInfo& info) {
    return info.call == call && info.number_of_kind == number_of_kind ? fault : Fault::None();
  };
}

FaultStore::FaultStore(ObjectStore& base, FaultPlan plan) : base_(base) {
  SetPlan(std::move(plan));
}

void FaultStore::SetPlan(FaultPlan plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan == nullptr ? nullptr : std::make_shared<const FaultPlan>(std::move(plan));
}

uint64_t FaultStore::CallCount() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

uint64_t FaultStore::CallCount(StoreCall call) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<size_t>(call)];
}

void FaultStore::ResetCounts() {
  const std::lock_guard lock(mutex_);
  counts_ = {};
  count_ = 0;
}

bool FaultStore::crashed() const {
  const std::lock_guard lock(mutex_);
  return crashed_;
}

Fault FaultStore::Decide(StoreCall call, const ObjectKey& key) {
  StoreCallInfo info = {.call = call, .key = key};
  std::shared_ptr<const FaultPlan> plan;
  {
    const std::lock_guard lock(mutex_);
    info.number = ++count_;
    info.number_of_kind = ++counts_[static_cast<size_t>(call)];
    if (crashed_) return Fault::CrashBefore();
    plan = plan_;
  }
  if (plan == nullptr) return Fault::None();
  const Fault fault = (*plan)(info);
  const std::lock_guard lock(mutex_);
  // While the plan was asked, another call may have crashed.
  if (crashed_) return Fault::CrashBefore();
  // Already now: no call that starts after a crash was decided may take effect.
  if (fault.answer == Fault::Answer::kCrash) crashed_ = true;
  return fault;
}

Error FaultStore::Failure(const Fault& fault, StoreCall call, const ObjectKey& key) {
  const bool is_crash = fault.answer == Fault::Answer::kCrash;
  if (is_crash && fault.unsynced_is_lost) LoseUnsynced();
  return Error(is_crash ? ErrorCode::kUnavailable : fault.code,
               fmt::format("{}/{}: {}: {}", name(), key, StoreCallName(call),
                           is_crash ? "crashed" : "injected fault"));
}

template <typename Call>
auto FaultStore::Apply(StoreCall call, const ObjectKey& key, Call call_base)
    -> decltype(call_base()) {
  const Fault fault = Decide(call, key);
  if (fault.effect == Fault::Effect::kWhole) {
    auto result = call_base();
    // A call that failed by itself stays what it is.
    if (fault.answer == Fault::Answer::kTrue || !result.has_value()) return result;
  }
  return Fail(Failure(fault, call, key));
}

void FaultStore::NoteSynced(const ObjectKey& key, uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  synced_sizes_[key] = size_bytes;
}

void FaultStore::LoseUnsynced() {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, size_bytes] : synced_sizes_) {
    // Deleted or replaced in the meantime: there is nothing of the appender's left to lose.
    const Result<ObjectInfo> info = base_.Stat(key);
    if (!info || info->size_bytes <= size_bytes) continue;
    Result<std::unique_ptr<ObjectAppender>> appender = base_.OpenAppender(key);
    // Losing less than all is a power loss too, so a failure here needs no report.
    if (appender) static_cast<void>((*appender)->Truncate(size_bytes));
  }
  synced_sizes_.clear();
}

class FaultStore::Appender : public ObjectAppender {
 public:
  Appender(FaultStore& store, ObjectKey key, std::unique_ptr<ObjectAppender> base)
      : store_(store), key_(std::move(key)), base_(std::move(base)) {}

  Result<void> Append(std::string_view bytes) override {
    const Fault fault = store_.Decide(StoreCall::kAppend, key_);
    if (fault.effect == Fault::Effect::kTorn) bytes = bytes.substr(0, fault.torn_bytes);
    if (fault.effect != Fault::Effect::kNone) ICEFALL_RETURN_IF_ERROR(base_->Append(bytes));
    if (fault.answer == Fault::Answer::kTrue) return {};
    return Fail(store_.Failure(fault, StoreCall::kAppend, key_));
  }

  Result<void> Sync() override {
    return store_.Apply(StoreCall::kSync, key_, [&] { return SyncBase(); });
  }

  Result<uint64_t> SizeBytes() override {
    return store_.Apply(StoreCall::kSizeBytes, key_, [&] { return base_->SizeBytes(); });
  }

  Result<void> Truncate(uint64_t size_bytes) override {
    return store_.Apply(StoreCall::kTruncate, key_, [&]() -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(base_->Truncate(size_bytes));
      store_.NoteSynced(key_, size_bytes);
      return {};
    });
  }

  Result<void> Rewrite(uint64_t offset) override {
    return store_.Apply(StoreCall::kRewrite, key_, [&]() -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(base_->Rewrite(offset));
      ICEFALL_ASSIGN_OR_RETURN(const uint64_t size_bytes, base_->SizeBytes());
      store_.NoteSynced(key_, size_bytes);
      return {};
    });
  }

 private:
  Result<void> SyncBase() {
    ICEFALL_RETURN_IF_ERROR(base_->Sync());
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t size_bytes, base_->SizeBytes());
    store_.NoteSynced(key_, size_bytes);
    return {};
  }

  FaultStore& store_;
  const ObjectKey key_;
  const std::unique_ptr<ObjectAppender> base_;
};

Result<std::unique_ptr<ObjectAppender>> FaultStore::OpenAppender(const ObjectKey& key) {
  return Apply(StoreCall::kOpenAppender, key, [&]() -> Result<std::unique_ptr<ObjectAppender>> {
    ICEFALL_ASSIGN_OR_RETURN(std::unique_ptr<ObjectAppender> appender, base_.OpenAppender(key));
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t size_bytes, appender->SizeBytes());
    {
      const std::lock_guard lock(mutex_);
      synced_sizes_.emplace(key, size_bytes);
    }
    return std::make_unique<Appender>(*this, key, std::move(appender));
  });
}

Result<ObjectVersion> FaultStore::Put(const ObjectKey& key, std::string_view bytes,
                                      const PutCondition& condition) {
  return Apply(StoreCall::kPut, key, [&] { return base_.Put(key, bytes, condition); });
}

Result<std::string> FaultStore::Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) {
  return Apply(StoreCall::kRead, key, [&] { return base_.Read(key, offset, size_bytes); });
}

Result<std::string> FaultStore::ReadToEnd(const ObjectKey& key, uint64_t offset) {
  return Apply(StoreCall::kReadToEnd, key, [&] { return base_.ReadToEnd(key, offset); });
}

Result<ObjectInfo> FaultStore::Stat(const ObjectKey& key) {
  return Apply(StoreCall::kStat, key, [&] { return base_.Stat(key); });
}

Result<std::vector<ObjectInfo>> FaultStore::List(const ListRequest& request) {
  return Apply(StoreCall::kList, request.prefix, [&] { return base_.List(request); });
}

Result<void> FaultStore::Delete(const ObjectKey& key) {
  return Apply(StoreCall::kDelete, key, [&] { return base_.Delete(key); });
}

Result<void> FaultStore::Persist(const std::vector<ObjectKey>& keys) {
  return Apply(StoreCall::kPersist, keys.empty() ? ObjectKey() : keys.front(),
               [&] { return base_.Persist(keys); });
}

Result<std::string> FaultStore::ExternalPath(const ObjectKey& key) {
  return Apply(StoreCall::kExternalPath, key, [&] { return base_.ExternalPath(key); });
}

Result<uint64_t> FaultStore::RemoveAbandoned(TimestampMicros started_before) {
  return Apply(StoreCall::kRemoveAbandoned, ObjectKey(),
               [&] { return base_.RemoveAbandoned(started_before); });
}

}  // namespace icefall
