// Every name that the native log stores is built and parsed here.
//
// A log lives in a directory of the database: "_catalog" or a table's. Keys are relative to the
// database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/object_store.h"
#include "table/ids.h"

namespace icefall {

inline constexpr std::string_view kCatalogDirectory = "_catalog";
inline constexpr std::string_view kTransactionsDirectory = "_transactions";
// The right to commit on a local disk.
inline constexpr std::string_view kLockKey = "_catalog/lock";

// "<directory>/_log/00000000000000000001.jsonl", named by the first sequence in the segment.
ObjectKey SegmentKey(std::string_view directory, Sequence first);
// What every segment's key of a log starts with.
std::string SegmentPrefix(std::string_view directory);
// The first sequence; absent when the key's last part is no segment name.
std::optional<Sequence> ParseSegmentKey(std::string_view key);

// "<directory>/_manifests/00000000000000000001.json"
ObjectKey ManifestKey(std::string_view directory, Sequence sequence);
std::string ManifestPrefix(std::string_view directory);
std::optional<Sequence> ParseManifestKey(std::string_view key);

// "<directory>/_oldest/00000000000000000001": an empty object, the mark of the oldest state kept.
ObjectKey OldestKey(std::string_view directory, Sequence sequence);
std::string OldestPrefix(std::string_view directory);
std::optional<Sequence> ParseOldestKey(std::string_view key);

// "_transactions/<id>.json"
ObjectKey TransactionKey(std::string_view id);

// "data/<uuid>.parquet", relative to the table's directory.
std::string DataFilePath(std::string_view uuid);
// "deletes/<uuid>.dv", relative to the table's directory.
std::string DeletionFilePath(std::string_view uuid);

// The key of a path relative to a log's directory. Error: kCorruption when the path is absolute,
// has an empty, "." or ".." segment, or holds a NUL or control byte: paths come from files that
// others may have written, and none may lead out of the directory.
Result<ObjectKey> KeyInDirectory(std::string_view directory, std::string_view path);

}  // namespace icefall
