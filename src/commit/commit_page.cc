#include "commit/commit_page.h"

#include <atomic>
#include <cstring>
#include <fstream>

#include "base/hash.h"

namespace icefall {
namespace {

// "icefall" and the layout's number.
constexpr uint64_t kMagic = 0x6963656661'6c6c01ULL;

enum Word : int { kMagicWord, kInode, kBootHigh, kBootLow, kDirty, kSequence, kCommittedAt };

}  // namespace

CommitPage::CommitPage(void* memory, uint64_t inode, std::string boot_id)
    : words_(static_cast<uint64_t*>(memory)), inode_(inode) {
  const std::string hash = Sha256Hex(boot_id);
  std::memcpy(boot_, hash.data(), sizeof(boot_));
}

uint64_t CommitPage::Load(int word) const {
  return std::atomic_ref<uint64_t>(words_[word]).load(std::memory_order_acquire);
}

void CommitPage::Store(int word, uint64_t value) {
  std::atomic_ref<uint64_t>(words_[word]).store(value, std::memory_order_release);
}

bool CommitPage::IsValid() const {
  return Load(kMagicWord) == kMagic && Load(kInode) == inode_ && Load(kBootHigh) == boot_[0] &&
         Load(kBootLow) == boot_[1];
}

bool CommitPage::dirty() const { return Load(kDirty) != 0; }

DatabaseSequence CommitPage::database_sequence() const { return DatabaseSequence(Load(kSequence)); }

TimestampMicros CommitPage::committed_at() const {
  return static_cast<TimestampMicros>(Load(kCommittedAt));
}

void CommitPage::SetDirty() { Store(kDirty, 1); }

void CommitPage::Publish(DatabaseSequence sequence, TimestampMicros committed_at) {
  Store(kCommittedAt, static_cast<uint64_t>(committed_at));
  Store(kSequence, sequence.value);
}

void CommitPage::Reset(DatabaseSequence sequence, TimestampMicros committed_at) {
  // The magic goes first and comes last, so that dying in between leaves no valid page.
  if (!IsValid()) {
    Store(kMagicWord, 0);
    Store(kInode, inode_);
    Store(kBootHigh, boot_[0]);
    Store(kBootLow, boot_[1]);
  }
  Publish(sequence, committed_at);
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
