// Where derived files are kept, below the database's directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/object_store.h"

namespace icefall {

inline constexpr std::string_view kCacheFolder = "_cache/";
inline constexpr std::string_view kReplicasFolder = "_cache/replicas";
inline constexpr std::string_view kStatesFolder = "_cache/states";
inline constexpr std::string_view kFactsFolder = "_cache/facts";
inline constexpr std::string_view kAnswersFolder = "_cache/results";

// Of a file below one of these. Whoever reads it reads on; absent is success.
void RemoveDerivedFile(ObjectStore& store, const ObjectKey& key);

// Reads a file of kAnswersFolder whole: what about it is not as it was written, so that readers
// pass over it. Absent: nothing, or there is no such file.
std::optional<std::string> FindAnswerDamage(const std::string& path);

}  // namespace icefall
