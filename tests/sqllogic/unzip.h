// `unzip FILE.gz [TARGET]`.
#pragma once

#include <string>

namespace icefall::sqllogic {

// An empty target or "NULL" is the file's name without .gz in `default_directory`. Throws.
void Unzip(const std::string& source, const std::string& target,
           const std::string& default_directory);

}  // namespace icefall::sqllogic
