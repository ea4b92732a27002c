// Places the next commit line of a log: after the last one, or first in a new segment.
#pragma once

#include <string_view>

#include "log/icefall/line_reader.h"
#include "log/log_entry.h"

namespace icefall {

struct NextLine {
  LogEntry entry;
  LogCursor after;
};

// `line` has operation, summary, transaction and changes; the rest is filled in from where the log
// stands and the commit's place. A new segment begins when the current one is longer than
// `segment_size_bytes_max`. Errors: see EncodeLine.
Result<NextLine> EncodeNextLine(std::string_view directory, const LogCursor& head,
                                const CommitPlace& place, uint64_t segment_size_bytes_max,
                                CommitLine& line);

}  // namespace icefall
