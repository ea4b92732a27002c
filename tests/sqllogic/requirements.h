// `require NAME …`: whether this build has what a script needs.
#pragma once

#include <string>
#include <vector>

#include "tests/sqllogic/engine.h"

namespace icefall::sqllogic {

bool IsMet(Engine& engine, const std::vector<std::string>& words);

}  // namespace icefall::sqllogic
