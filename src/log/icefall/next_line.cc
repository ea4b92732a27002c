#include "log/icefall/next_line.h"

#include <algorithm>

#include "base/hash.h"
#include "log/icefall/file_names.h"

namespace icefall {

Result<NextLine> EncodeNextLine(std::string_view directory, const LogCursor& head,
                                const CommitPlace& place, uint64_t segment_size_bytes_max,
                                CommitLine& line) {
  NextLine next;
  next.after.segment = head.segment;
  uint64_t offset = head.offset;
  if (offset > 0 && (place.own_object || offset > segment_size_bytes_max)) {
    next.after.segment = head.sequence.Next();
    offset = 0;
  }
  line.sequence = head.sequence.Next();
  line.database_sequence = place.database_sequence;
  // Clocks of writers on several machines differ; the log's own order does not.
  line.committed_at = std::max(place.committed_at, head.committed_at + 1);
  line.parent_hash = head.hash;
  ICEFALL_ASSIGN_OR_RETURN(next.entry.bytes, EncodeLine(line, offset == 0));
  line.hash = Sha256Hex(next.entry.bytes);
  next.entry.bytes += '\n';
  next.entry.key = SegmentKey(directory, next.after.segment);
  next.entry.offset = offset;
  next.after.offset = offset + next.entry.bytes.size();
  next.after.sequence = line.sequence;
  next.after.hash = line.hash;
  next.after.database_sequence = line.database_sequence;
  next.after.committed_at = line.committed_at;
  return next;
}

}  // namespace icefall
