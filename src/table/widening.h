// Which type may take the place of another while data files stay as they are.
#pragma once

#include "table/type.h"

namespace icefall {

// Rows of the one type may stand where the other is expected, in stored files and in text: every
// value of `from` is one of `to`, and reads the same. Not FLOAT, of which 0.1 is another DOUBLE.
bool IsWidening(const Type& from, const Type& to);

}  // namespace icefall
