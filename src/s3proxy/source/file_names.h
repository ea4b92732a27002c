// Names of a native table's files as the proxy shows them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "table/fragment.h"
#include "table/inline_rows.h"

namespace icefall::s3proxy {

// The last segment of the fragment's path: its partition is in its rows, and readers would guess
// types out of names of folders.
std::string RawFileName(const Fragment& fragment);

// Of the fragment's live rows, written as columns of `schema`.
std::string RewrittenFileName(const Fragment& fragment, SchemaId schema);

// Of the live inline rows, written as columns of `schema`.
std::string InlineFileName(const InlineRows& rows, SchemaId schema);

// When a name was made that begins with a UUID of version 7; nothing for others.
std::optional<TimestampMicros> TimeOfName(std::string_view name);

}  // namespace icefall::s3proxy
