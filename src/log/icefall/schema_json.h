// Schemas, partition specs and sort orders as JSON; see docs/format/log.md.
#pragma once

#include "log/icefall/json.h"
#include "table/schema.h"

namespace icefall {

Json EncodeSchema(const Schema& schema);
// Checked with ValidateSchema.
Schema DecodeSchema(const Json& json, std::string_view where, DecodeStatus& status);

Json EncodePartitionSpec(const PartitionSpec& spec);
PartitionSpec DecodePartitionSpec(const Json& json, std::string_view where, DecodeStatus& status);

Json EncodeSortOrder(const SortOrder& order);
SortOrder DecodeSortOrder(const Json& json, std::string_view where, DecodeStatus& status);

}  // namespace icefall
