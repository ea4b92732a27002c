// What `foreach type <integral> !hugeint` iterates over.
#pragma once

#include <string>
#include <vector>

namespace icefall::sqllogic {

// Named collections in angle brackets are replaced by their members; `!member` removes one.
std::vector<std::string> ExpandTokens(const std::vector<std::string>& words);

}  // namespace icefall::sqllogic
