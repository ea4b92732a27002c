// Users' queries that stand for files under a name.
#pragma once

#include <string>
#include <string_view>

namespace icefall {

// `query` with `replacement` for each `name` that stands by itself: not in a longer name, not in
// quotes, not in a comment.
std::string ReplaceName(std::string_view query, std::string_view name,
                        std::string_view replacement);

}  // namespace icefall
