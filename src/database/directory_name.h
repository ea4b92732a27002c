// The directory that a table's files live in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "database/catalog_snapshot.h"

namespace icefall {

// No longer than this, so that every file name below it fits any file system.
inline constexpr size_t kDirectoryBytesMax = 200;

// The table's own name where that is safe, so that people find it; otherwise schema and name with
// every other byte than A-Z a-z 0-9 _ - as %XX. Never starts with '_' or '.', never has a '/'.
std::string DirectoryNameFor(const ObjectName& name);

// For a name that is taken by a dropped table: with the random part of the table's uuid.
std::string DirectoryNameFor(const ObjectName& name, std::string_view uuid);

// The name for which one of these gives the directory; absent for one that was cut off, and for
// what no table's directory is called.
std::optional<ObjectName> NameOfDirectory(std::string_view directory, std::string_view uuid);

}  // namespace icefall
