#include "commit/commit_page.h"

#include <atomic>
#include <climits>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/hash.h"

namespace icefall {
namespace {

// "icefall" and the layout's number.
constexpr uint64_t kMagic = 0x6963656661'6c6c02ULL;

enum Word : size_t {
  kMagicWord,
  kInode,
  kBootHigh,
  kBootLow,
  kDirty,
  kSequence,
  kCommittedAt,
  kFailed,
  kSyncing,
  kAppendedSequence,
  kAppendedAt,
  kRecoveries,
  kSyncReleases,
  kSlots = 16
};

constexpr size_t kSlotWords = 16;
constexpr size_t kSlotCount = (CommitPage::kWordCount - kSlots) / kSlotWords;
constexpr size_t kSlotKeyBytes = (kSlotWords - 1) * sizeof(uint64_t);

constexpr size_t SlotWord(size_t slot) { return kSlots + slot * kSlotWords; }

}  // namespace

CommitPage::CommitPage(void* memory, uint64_t inode, std::string boot_id)
    : words_(static_cast<uint64_t*>(memory)), inode_(inode) {
  const std::string hash = Sha256Hex(boot_id);
  std::memcpy(boot_, hash.data(), sizeof(boot_));
}

uint64_t CommitPage::Load(size_t word) const {
  return std::atomic_ref<uint64_t>(words_[word]).load(std::memory_order_acquire);
}

void CommitPage::Store(size_t word, uint64_t value) {
  std::atomic_ref<uint64_t>(words_[word]).store(value, std::memory_order_release);
}

bool CommitPage::IsValid() const {
  return Load(kMagicWord) == kMagic && Load(kInode) == inode_ && Load(kBootHigh) == boot_[0] &&
         Load(kBootLow) == boot_[1];
}

bool CommitPage::dirty() const { return Load(kDirty) != 0; }

bool CommitPage::failed() const { return Load(kFailed) != 0; }

bool CommitPage::syncing() const { return Load(kSyncing) != 0; }

DatabaseSequence CommitPage::database_sequence() const { return DatabaseSequence(Load(kSequence)); }

TimestampMicros CommitPage::committed_at() const {
  return static_cast<TimestampMicros>(Load(kCommittedAt));
}

DatabaseSequence CommitPage::appended_sequence() const {
  return DatabaseSequence(Load(kAppendedSequence));
}

TimestampMicros CommitPage::appended_at() const {
  return static_cast<TimestampMicros>(Load(kAppendedAt));
}

uint64_t CommitPage::recoveries() const { return Load(kRecoveries); }

void CommitPage::SetDirty(bool dirty) { Store(kDirty, dirty ? 1 : 0); }

void CommitPage::SetAppended(DatabaseSequence sequence, TimestampMicros at) {
  Store(kAppendedAt, static_cast<uint64_t>(at));
  Store(kAppendedSequence, sequence.value);
}

bool CommitPage::NoteAppend(std::string_view key, DatabaseSequence sequence) {
  if (key.size() > kSlotKeyBytes) return false;
  uint64_t words[kSlotWords - 1] = {};
  std::memcpy(words, key.data(), key.size());
  const auto holds_key = [&](size_t slot) {
    for (size_t i = 0; i < std::size(words); ++i) {
      if (Load(SlotWord(slot) + 1 + i) != words[i]) return false;
    }
    return true;
  };
  // One whose commits are durable is read by nobody until it names a newer commit.
  const uint64_t durable = Load(kSequence);
  std::optional<size_t> free;
  for (size_t slot = 0; slot < kSlotCount; ++slot) {
    if (holds_key(slot)) {
      Store(SlotWord(slot), sequence.value);
      return true;
    }
    if (!free && Load(SlotWord(slot)) <= durable) free = slot;
  }
  if (!free) return false;
  for (size_t i = 0; i < std::size(words); ++i) Store(SlotWord(*free) + 1 + i, words[i]);
  Store(SlotWord(*free), sequence.value);
  return true;
}

void CommitPage::SetSyncing(bool syncing) { Store(kSyncing, syncing ? 1 : 0); }

void CommitPage::SetFailed() {
  Store(kFailed, 1);
  Store(kSyncing, 0);
}

void CommitPage::Publish(DatabaseSequence sequence, TimestampMicros committed_at) {
  Store(kCommittedAt, static_cast<uint64_t>(committed_at));
  Store(kSequence, sequence.value);
}

// A futex is 32 bits: the word's first half in memory.
uint32_t CommitPage::sync_releases() const {
  return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(&words_[kSyncReleases]))
      .load(std::memory_order_acquire);
}

void CommitPage::AnnounceSyncRelease() {
  auto* const count = reinterpret_cast<uint32_t*>(&words_[kSyncReleases]);
  std::atomic_ref<uint32_t>(*count).fetch_add(1);
  ::syscall(SYS_futex, count, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void CommitPage::WaitForSyncRelease(uint32_t seen, int wait_ms_max) const {
  const struct timespec timeout = {.tv_sec = 0, .tv_nsec = wait_ms_max * 1'000'000L};
  ::syscall(SYS_futex, &words_[kSyncReleases], FUTEX_WAIT, seen, &timeout, nullptr, 0);
}

std::vector<std::string> CommitPage::UnsyncedObjects() const {
  const uint64_t durable = Load(kSequence);
  std::vector<std::string> keys;
  for (size_t slot = 0; slot < kSlotCount; ++slot) {
    if (Load(SlotWord(slot)) <= durable) continue;
    uint64_t words[kSlotWords - 1];
    for (size_t i = 0; i < std::size(words); ++i) words[i] = Load(SlotWord(slot) + 1 + i);
    const std::string_view bytes(reinterpret_cast<const char*>(words), sizeof(words));
    keys.emplace_back(bytes.substr(0, bytes.find('\0')));
  }
  return keys;
}

void CommitPage::StartRecovery() {
  Store(kDirty, 1);
  Store(kRecoveries, Load(kRecoveries) + 1);
}

void CommitPage::Reset(DatabaseSequence sequence, TimestampMicros committed_at) {
  // The magic goes first and comes last, so that dying in between leaves no valid page.
  if (!IsValid()) {
    for (size_t word = kMagicWord; word < kWordCount; ++word) Store(word, 0);
    Store(kInode, inode_);
    Store(kBootHigh, boot_[0]);
    Store(kBootLow, boot_[1]);
  }
  SetAppended(sequence, committed_at);
  Publish(sequence, committed_at);
  Store(kSyncing, 0);
  Store(kFailed, 0);
  Store(kDirty, 0);
  Store(kMagicWord, kMagic);
}

std::string ReadBootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace icefall
