// The complete state of a log at one commit, readable on its own; see docs/format/manifest.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "log/icefall/json.h"
#include "log/icefall/line_reader.h"
#include "store/object_store.h"

namespace icefall {

struct Manifest {
  std::string kind;         // "table" or "catalog"
  LogCursor cursor;         // of the commit it was made from
  std::string parent_hash;  // that commit's
  std::string operation;    // that commit's
  Json state;
};

// Two lines: the manifest, and the SHA-256 of the first line's bytes.
Result<std::string> EncodeManifest(const Manifest& manifest);

// Errors: kCorruption (truncated, flipped, not this kind); kUnsupported for a newer format.
Result<Manifest> DecodeManifest(std::string_view text, std::string_view kind);

// Sequences of the manifests that a log has, ascending.
Result<std::vector<Sequence>> ListManifests(ObjectStore& store, std::string_view directory);

// The oldest state that is kept; absent when none was ever forgotten.
Result<std::optional<Sequence>> OldestKept(ObjectStore& store, std::string_view directory);

struct LoadedManifest {
  Manifest manifest;
  uint64_t size_bytes = 0;
};

// Errors: as DecodeManifest, naming the file; kNotFound; the store's.
Result<LoadedManifest> ReadManifest(ObjectStore& store, std::string_view directory,
                                    Sequence sequence, std::string_view kind);

}  // namespace icefall
