// Where derived files are kept, below the database's directory.
#pragma once

#include <string_view>

namespace icefall {

inline constexpr std::string_view kCacheFolder = "_cache/";
inline constexpr std::string_view kReplicasFolder = "_cache/replicas";
inline constexpr std::string_view kStatesFolder = "_cache/states";
inline constexpr std::string_view kFactsFolder = "_cache/facts";
inline constexpr std::string_view kAnswersFolder = "_cache/results";

}  // namespace icefall
