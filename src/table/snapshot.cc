#include "table/snapshot.h"

#include <algorithm>

namespace icefall {

const PartitionSpec& Snapshot::current_partition_spec() const {
  static const PartitionSpec kUnpartitioned;
  const auto found = std::ranges::find(partition_specs, partition_spec, &PartitionSpec::id);
  return found == partition_specs.end() ? kUnpartitioned : *found;
}

}  // namespace icefall
