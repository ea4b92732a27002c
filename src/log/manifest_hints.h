// What is known of manifests without asking the store.
#pragma once

#include <optional>
#include <string_view>

#include "table/ids.h"

namespace icefall {

// Thread-safe. A hint may be old, never wrong: the lines after it are in the log.
class ManifestHints {
 public:
  virtual ~ManifestHints() = default;
  // Sequence of a manifest from which the log's newest state is cheap to reach; 0 when that is its
  // first line. Absent: nothing is known, look for manifests.
  virtual std::optional<Sequence> NewestManifest(std::string_view directory) const = 0;
};

}  // namespace icefall
