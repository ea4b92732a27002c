// The words that say which rows a conflict is about.
#pragma once

#include <string>

#include "table/row_id_reader.h"
#include "table/snapshot.h"

namespace icefall {

// "rows 3, 5 (rowid 103, 105)": positions in the fragment, and the ids of the first ones. Without
// the ids where the file stores them and `read` cannot tell.
std::string DescribeRows(const Fragment& fragment, const DeletionVector& positions,
                         const RowIdReader& read);
// The same of positions among inline rows.
std::string DescribeInlineRows(const InlineRows& rows, const DeletionVector& positions);

}  // namespace icefall
