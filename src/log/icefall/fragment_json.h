// Fragments and inline batches as JSON; see docs/format/log.md.
#pragma once

#include "log/icefall/json.h"
#include "table/fragment.h"
#include "table/inline_rows.h"

namespace icefall {

// Without deletion vector, `added_at` and `deletes_version`: in a commit line these are the line's;
// a manifest adds them.
Json EncodeFragment(const Fragment& fragment);
Fragment DecodeFragment(const Json& json, std::string_view where, DecodeStatus& status);

Json EncodeStatistics(const std::vector<ColumnStatistics>& statistics);
std::vector<ColumnStatistics> DecodeStatistics(const Json& json, std::string_view where,
                                               DecodeStatus& status);

// Without `added_at`. Error: kInvalidArgument when the rows are no JSON array of that many rows.
Result<Json> EncodeInlineBatch(const InlineBatch& batch);
InlineBatch DecodeInlineBatch(const Json& json, std::string_view where, DecodeStatus& status);

}  // namespace icefall
