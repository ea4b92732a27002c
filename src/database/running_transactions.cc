#include "database/running_transactions.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace icefall {
namespace {

// Bytes stand for numbers: pins from 0 on, begins behind them. No file is ever that long, but locks
// may reach past the end.
constexpr uint64_t kBeginOffset = uint64_t{1} << 61;
constexpr uint64_t kEnd = uint64_t{1} << 62;

struct flock Range(short type, uint64_t begin, uint64_t size) {
  struct flock range = {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(begin);
  range.l_len = static_cast<off_t>(size);
  return range;
}

}  // namespace

// One open file: locks belong to it, so several objects in one process see each other's.
class RunningTransactions::File {
 public:
  static std::unique_ptr<File> Open(const std::string& path) {
    constexpr mode_t kMode = 0666;
    int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode);
    if (descriptor < 0) descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return descriptor < 0 ? nullptr : std::make_unique<File>(descriptor);
  }

  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Holds the byte `wanted` instead of `held`; the new one first.
  void Move(std::optional<uint64_t>& held, std::optional<uint64_t> wanted) {
    if (held == wanted) return;
    if (wanted.has_value()) Set(F_RDLCK, *wanted);
    if (held.has_value()) Set(F_UNLCK, *held);
    held = wanted;
  }

  // The first byte of [begin, end) that someone else holds.
  Result<std::optional<uint64_t>> FirstHeld(uint64_t begin, uint64_t end) {
    std::optional<uint64_t> first;
    while (begin < end) {
      struct flock range = Range(F_WRLCK, begin, end - begin);
      if (::fcntl(descriptor_, F_OFD_GETLK, &range) != 0) {
        return Fail(ErrorCode::kUnavailable, fmt::format("locks of running transactions: fcntl: {}",
                                                         std::generic_category().message(errno)));
      }
      if (range.l_type == F_UNLCK) break;
      // It names any of the locks there are: look for one before it.
      first = end = static_cast<uint64_t>(range.l_start);
    }
    return first;
  }

  std::optional<uint64_t> pin;
  std::optional<uint64_t> begin;

 private:
  void Set(short type, uint64_t byte) {
    struct flock range = Range(type, byte, 1);
    // Shared locks are never refused; where locks do not work at all, Oldest says so.
    static_cast<void>(::fcntl(descriptor_, F_OFD_SETLK, &range));
  }

  const int descriptor_;
};

RunningTransactions::RunningTransactions(std::string path) : path_(std::move(path)) {}
RunningTransactions::~RunningTransactions() = default;

void RunningTransactions::Publish() {
  if (!std::exchange(has_tried_, true) && !path_.empty()) file_ = File::Open(path_);
  if (file_ == nullptr) return;
  std::optional<uint64_t> pin, begin;
  if (!pins_.empty()) pin = std::min(pins_.begin()->value, kBeginOffset - 1);
  if (!begins_.empty()) begin = kBeginOffset + static_cast<uint64_t>(*begins_.begin());
  file_->Move(file_->pin, pin);
  file_->Move(file_->begin, begin);
}

void RunningTransactions::AddPin(DatabaseSequence pin) {
  const std::lock_guard lock(mutex_);
  pins_.insert(pin);
  Publish();
}

void RunningTransactions::RemovePin(DatabaseSequence pin) {
  const std::lock_guard lock(mutex_);
  pins_.erase(pins_.find(pin));
  Publish();
}

void RunningTransactions::AddBegin(TimestampMicros begin) {
  const std::lock_guard lock(mutex_);
  begins_.insert(begin);
  Publish();
}

void RunningTransactions::RemoveBegin(TimestampMicros begin) {
  const std::lock_guard lock(mutex_);
  begins_.erase(begins_.find(begin));
  Publish();
}

Result<OldestRunning> RunningTransactions::Oldest() {
  const std::lock_guard lock(mutex_);
  OldestRunning oldest;
  if (!pins_.empty()) oldest.pin = *pins_.begin();
  if (!begins_.empty()) oldest.begin = *begins_.begin();
  if (!std::exchange(has_tried_, true) && !path_.empty()) file_ = File::Open(path_);
  if (file_ == nullptr) {
    if (path_.empty()) return oldest;
    return Fail(ErrorCode::kPermissionDenied,
                fmt::format("{}: cannot be opened, so running transactions are not known", path_));
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto pin, file_->FirstHeld(0, kBeginOffset));
  ICEFALL_ASSIGN_OR_RETURN(const auto begin, file_->FirstHeld(kBeginOffset, kEnd));
  if (pin.has_value()) {
    oldest.pin = std::min(oldest.pin.value_or(DatabaseSequence(*pin)), DatabaseSequence(*pin));
  }
  if (begin.has_value()) {
    const auto other = static_cast<TimestampMicros>(*begin - kBeginOffset);
    oldest.begin = std::min(oldest.begin.value_or(other), other);
  }
  return oldest;
}

}  // namespace icefall
