#include "session/location.h"

#include <filesystem>

#include <fmt/format.h>

#include "log/icefall/file_names.h"
#include "sql/icedb/icedb_attach.h"

namespace icefall {

namespace fs = std::filesystem;

namespace {

bool IsDatabase(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at is no database; opening it says why
  return fs::is_directory(path / "_catalog", ignored);
}

// As a database has them.
bool HasTables(const fs::path& path) {
  std::error_code failed;
  for (fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code ignored;
    const auto segment = SegmentKey(it->path().filename().string(), Sequence(1));
    if (fs::exists(path / segment, ignored)) return true;
  }
  return false;
}

}  // namespace

Result<Location> ResolveLocation(std::string_view text) {
  if (text.empty()) return Fail(ErrorCode::kInvalidArgument, "the database path is empty");
  if (text.find("://") != std::string_view::npos) return Location{std::string(text)};

  std::error_code error;
  fs::path path = fs::absolute(fs::path(text), error).lexically_normal();
  if (error) {
    return Fail(ErrorCode::kInvalidArgument, fmt::format("'{}': {}", text, error.message()));
  }
  if (!path.has_filename()) path = path.parent_path();  // "dir/" means "dir"

  if (IsDatabase(path)) return Location{path.string()};
  if (IsDatabase(path.parent_path())) {
    return Location{path.parent_path().string(), path.filename().string()};
  }
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return Fail(ErrorCode::kNotFound, fmt::format("'{}' does not exist", text));
  }
  if (status.type() != fs::file_type::directory) {
    return Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' is not a directory: expected a database or a table of one", text));
  }
  if (IsIcedb(path.string())) return Location{path.string(), std::nullopt, true};
  if (HasTables(path)) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("'{}': the folder _catalog is lost, and tables are there: `icefalldb "
                            "doctor` says what is left and what can be mended",
                            text));
  }
  const bool empty = fs::is_empty(path, error);
  return Fail(
      ErrorCode::kInvalidArgument,
      fmt::format("'{}' is not an IcefallDB database: {}", text,
                  empty && !error ? "the directory is empty" : "it has no _catalog folder"));
}

}  // namespace icefall
