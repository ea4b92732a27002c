// The memory that all processes of one machine share about a database: its newest durable commit.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "table/ids.h"

namespace icefall {

// A view of a page that others may change at any time; every access is atomic. What it says counts
// only while IsValid: it is lost with the machine's memory, and a copied file is not the original.
//
// Stored layout (64-bit words, native byte order): magic, inode, boot id (two words), dirty,
// database sequence, committed_at.
class CommitPage {
 public:
  // `boot_id`: see ReadBootId.
  CommitPage(void* memory, uint64_t inode, std::string boot_id);

  bool IsValid() const;
  // A writer was between its first byte and the publication: what it wrote is not settled.
  bool dirty() const;
  DatabaseSequence database_sequence() const;
  TimestampMicros committed_at() const;

  // Only with the right to commit.
  void SetDirty();
  void Publish(DatabaseSequence sequence, TimestampMicros committed_at);
  // Publish, and clean. Makes an invalid page valid.
  void Reset(DatabaseSequence sequence, TimestampMicros committed_at);

 private:
  uint64_t Load(int word) const;
  void Store(int word, uint64_t value);

  uint64_t* const words_;
  const uint64_t inode_;
  uint64_t boot_[2] = {0, 0};
};

// Names this run of the operating system; empty when it cannot be known.
std::string ReadBootId();

}  // namespace icefall
