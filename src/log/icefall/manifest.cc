#include "log/icefall/manifest.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "log/icefall/file_names.h"

namespace icefall {
namespace {

std::string HashLine(std::string_view first_line) {
  return fmt::format("{{\"sha256\":\"{}\"}}", Sha256Hex(first_line));
}

}  // namespace

Result<std::string> EncodeManifest(const Manifest& manifest) {
  Json json = Json::object();
  json["format_version"] = kFormatVersion;
  json["kind"] = manifest.kind;
  json["sequence"] = manifest.cursor.sequence.value;
  json["database_sequence"] = manifest.cursor.database_sequence.value;
  json["committed_at"] = FormatTimestamp(manifest.cursor.committed_at);
  json["operation"] = manifest.operation;
  json["hash"] = manifest.cursor.hash;
  json["parent_hash"] = manifest.parent_hash;
  Json& log = json["log"] = Json::object();
  log["segment"] = manifest.cursor.segment.value;
  log["offset"] = manifest.cursor.offset;
  json["state"] = manifest.state;
  ICEFALL_ASSIGN_OR_RETURN(std::string text, WriteJson(json));
  const std::string hash = HashLine(text);
  text += '\n';
  text += hash;
  text += '\n';
  return text;
}

Result<Manifest> DecodeManifest(std::string_view text, std::string_view kind) {
  const size_t newline = text.find('\n');
  if (newline == std::string_view::npos) {
    return Fail(ErrorCode::kCorruption, "truncated: expected two lines, found less than one");
  }
  const std::string_view first_line = text.substr(0, newline);
  const std::string expected = HashLine(first_line) + "\n";
  if (text.substr(newline + 1) != expected) {
    return Fail(
        ErrorCode::kCorruption,
        fmt::format("the bytes are not what was written: expected the second line {}, found "
                    "'{}'",
                    HashLine(first_line), text.substr(newline + 1, 100)));
  }
  ICEFALL_ASSIGN_OR_RETURN(Json json, ParseJson(first_line));
  DecodeStatus status;
  const JsonFields fields(json, "manifest", status);
  const uint64_t version = fields.Unsigned("format_version");
  if (!status.ok()) return status.Take();
  ICEFALL_RETURN_IF_ERROR(CheckFormatVersion(version));
  Manifest manifest;
  manifest.kind = fields.Text("kind");
  manifest.cursor.sequence = Sequence(fields.Unsigned("sequence"));
  manifest.cursor.database_sequence = DatabaseSequence(fields.Unsigned("database_sequence"));
  const auto time = ParseTimestamp(fields.Text("committed_at"));
  if (!time) fields.FailAt("committed_at", time.error().message());
  manifest.operation = fields.Text("operation");
  manifest.cursor.hash = fields.Text("hash");
  manifest.parent_hash = fields.Text("parent_hash");
  const JsonFields log(fields.Object("log"), "manifest.log", status);
  manifest.cursor.segment = Sequence(log.Unsigned("segment"));
  manifest.cursor.offset = log.Unsigned("offset");
  fields.Object("state");
  if (status.ok() && manifest.kind != kind) {
    fields.FailAt("kind", fmt::format("expected '{}', found '{}'", kind, manifest.kind));
  }
  if (status.ok() &&
      (manifest.cursor.segment.value == 0 || manifest.cursor.segment > manifest.cursor.sequence)) {
    log.FailAt("segment", "does not hold the manifest's commit");
  }
  if (!status.ok()) return status.Take();
  manifest.cursor.committed_at = *time;
  manifest.state = std::move(json["state"]);
  return manifest;
}

Result<std::vector<Sequence>> ListManifests(ObjectStore& store, std::string_view directory) {
  ICEFALL_ASSIGN_OR_RETURN(const auto listed,
                           store.List({.prefix = ManifestPrefix(directory), .shallow = true}));
  std::vector<Sequence> sequences;
  for (const ObjectInfo& info : listed) {
    if (const auto sequence = ParseManifestKey(info.key)) sequences.push_back(*sequence);
  }
  return sequences;
}

Result<std::optional<Sequence>> OldestKept(ObjectStore& store, std::string_view directory) {
  ICEFALL_ASSIGN_OR_RETURN(const auto listed,
                           store.List({.prefix = OldestPrefix(directory), .shallow = true}));
  std::optional<Sequence> oldest;
  for (const ObjectInfo& info : listed) {
    if (const auto sequence = ParseOldestKey(info.key)) oldest = sequence;
  }
  return oldest;
}

Result<LoadedManifest> ReadManifest(ObjectStore& store, std::string_view directory,
                                    Sequence sequence, std::string_view kind) {
  const ObjectKey key = ManifestKey(directory, sequence);
  ICEFALL_ASSIGN_OR_RETURN(const std::string text, store.ReadToEnd(key, 0));
  auto manifest = DecodeManifest(text, kind);
  if (!manifest) return Fail(manifest.error().WithContext(key));
  if (manifest->cursor.sequence != sequence) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("{}: expected the state at sequence {}, found {}", key, sequence.value,
                            manifest->cursor.sequence.value));
  }
  return LoadedManifest{*std::move(manifest), text.size()};
}

}  // namespace icefall
