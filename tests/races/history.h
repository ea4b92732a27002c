// What transactions read and wrote, recorded by those who ran them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace icefall {

// Names one register (a row by its key). No key is part of another table's name.
using RegisterKey = std::string;
// Every value is written once in a history, so that a reader knows whose it saw. Empty: absent.
using RegisterValue = std::string;

struct RecordedTransaction {
  std::string name;
  uint64_t session = 0;  // one after the other, in the order of `begun`
  // Ticks of a clock that all sessions share: before the first call, and after the last one
  // answered.
  uint64_t begun = 0;
  uint64_t ended = 0;
  // Its number in the order of commits, which grows; absent when nothing of it may be seen. Also
  // given for a reader of the past, which saw exactly the commits up to `past`.
  std::optional<uint64_t> commit;
  std::optional<uint64_t> past;

  // In any order, own writes excluded.
  std::vector<std::pair<RegisterKey, RegisterValue>> reads;
  // Prefixes of keys of which `reads` has everything that was there.
  std::vector<std::string> scans;
  // The last value of each register; empty for a deletion.
  std::map<RegisterKey, RegisterValue> writes;
  // Values that the transaction itself replaced: nobody may see them.
  std::vector<RegisterValue> replaced;
};

using History = std::vector<RecordedTransaction>;

}  // namespace icefall
