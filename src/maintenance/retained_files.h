// Which data files the states of a table need that can be travelled to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "table/change_set.h"
#include "table/ids.h"
#include "table/snapshot.h"

namespace icefall {

struct RetainedFile {
  uint64_t size_bytes = 0;
  std::string sha256;  // empty: unknown
  // The first and the last state that needs it; no last one: so does the newest.
  Sequence first;
  std::optional<Sequence> last;
};

// Collects them from states in order.
class RetainedFiles {
 public:
  // `change` led to `state` from the one added before; null: that is not known.
  void Add(const Snapshot& state, const ChangeSet* change);

  // By path, relative to the table's directory.
  const std::map<std::string, RetainedFile>& files() const { return files_; }
  // "snapshot 4", "snapshots 2 to 6", "snapshots 2 to 6, which is the newest".
  std::string NeededBy(const RetainedFile& file) const;
  Sequence newest() const { return newest_; }

 private:
  void AddFile(const Fragment& fragment, Sequence sequence);

  std::map<std::string, RetainedFile> files_;
  std::map<FragmentId, std::map<std::string, RetainedFile>::iterator> live_;
  Sequence newest_;
};

}  // namespace icefall
