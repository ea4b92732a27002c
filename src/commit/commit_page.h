// The memory that all processes of one machine share about a database: its newest commits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "table/ids.h"

namespace icefall {

// A view of a page that others may change at any time; every access is atomic. What it says counts
// only while IsValid: it is lost with the machine's memory, and a copied file is not the original.
//
// Stored layout (64-bit words, native byte order): magic, inode, boot id (two words), dirty,
// database sequence, committed_at, failed, syncing, appended sequence, appended_at, recoveries,
// sync releases, three words of nothing; then slots of 16 words: a database sequence and the key of
// an object, filled up with zeros, which that commit was the last one to append to.
class CommitPage {
 public:
  static constexpr size_t kWordCount = 512;

  // `memory`: kWordCount words. `boot_id`: see ReadBootId.
  CommitPage(void* memory, uint64_t inode, std::string boot_id);

  bool IsValid() const;
  // A writer was between its first byte and its last: what it wrote is not settled.
  bool dirty() const;
  // A sync failed, or its writer died before it knew: what was appended may not reach the disk.
  bool failed() const;
  // Someone with the right to sync is doing so, or died while it did.
  bool syncing() const;
  // Of the newest commit that is durable.
  DatabaseSequence database_sequence() const;
  TimestampMicros committed_at() const;
  // Of the newest commit that is appended: at least the durable one.
  DatabaseSequence appended_sequence() const;
  TimestampMicros appended_at() const;
  // How often what was not durable has been read and written again.
  uint64_t recoveries() const;

  // Only with the right to append. SetAppended: behind every NoteAppend of that commit, whose
  // objects may be synced from then on.
  void SetDirty(bool dirty);
  void SetAppended(DatabaseSequence sequence, TimestampMicros at);
  // Has whoever makes the commit durable sync the object. False when there is no room: then it must
  // be synced before SetAppended.
  bool NoteAppend(std::string_view key, DatabaseSequence sequence);

  // Only with the right to sync.
  void SetSyncing(bool syncing);
  void SetFailed();
  void Publish(DatabaseSequence sequence, TimestampMicros committed_at);
  // Counts how often the right to sync was given back, so that others need not wait for it in turn.
  uint32_t sync_releases() const;
  void AnnounceSyncRelease();
  // Returns when the count is no longer `seen`, after `wait_ms_max`, or earlier.
  void WaitForSyncRelease(uint32_t seen, int wait_ms_max) const;
  // The objects of commits that are not durable, and perhaps of some that follow.
  std::vector<std::string> UnsyncedObjects() const;

  // Only with both. Reset: everything up to there is durable, and clean. Makes an invalid page
  // valid.
  void StartRecovery();
  void Reset(DatabaseSequence sequence, TimestampMicros committed_at);

 private:
  uint64_t Load(size_t word) const;
  void Store(size_t word, uint64_t value);

  uint64_t* const words_;
  const uint64_t inode_;
  uint64_t boot_[2] = {0, 0};
};

// Names this run of the operating system; empty when it cannot be known.
std::string ReadBootId();

}  // namespace icefall
