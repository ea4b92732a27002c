#include "icedb/location.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "icedb/names.h"

namespace icefall::icedb {
namespace {

constexpr std::string_view kS3 = "s3://";

struct Split {
  std::string bucket;  // for OpenStore
  std::string prefix;
};

std::string_view WithoutSlashes(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

Result<Split> SplitLocation(std::string_view location, std::string_view prefix) {
  if (location.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "the location of an icedb table is empty");
  }
  Split split{std::string(location), std::string(WithoutSlashes(prefix))};
  if (!split.prefix.empty()) return split;
  if (location.starts_with(kS3)) {
    const size_t options = std::min(location.find('?'), location.size());
    const size_t slash = std::min(location.find('/', kS3.size()), options);
    split.bucket = fmt::format("{}{}", location.substr(0, slash), location.substr(options));
    split.prefix = WithoutSlashes(location.substr(slash, options - slash));
    return split;
  }
  while (location.size() > 1 && location.ends_with('/')) location.remove_suffix(1);
  const auto path = std::filesystem::absolute(std::filesystem::path(location)).lexically_normal();
  split.bucket = path.parent_path().string();
  split.prefix = path.filename().string();
  return split;
}

// Where the log is, if not with the data.
Result<Split> SplitLogLocation(const TableLocation& location, const Split& data) {
  const std::string& prefix = location.log_prefix.empty() ? data.prefix : location.log_prefix;
  return SplitLocation(location.log_location, prefix);
}

}  // namespace

Result<TablePlace> OpenPlace(const TableLocation& location, StoreOpenMode mode) {
  ICEFALL_ASSIGN_OR_RETURN(Split data, SplitLocation(location.location, location.prefix));
  ICEFALL_ASSIGN_OR_RETURN(auto store, OpenStore(data.bucket, mode));
  TablePlace place;
  place.data = std::move(store);
  place.data_prefix = data.prefix;
  place.log = place.data;
  place.log_prefix = data.prefix;
  if (location.log_location.empty()) return place;
  ICEFALL_ASSIGN_OR_RETURN(const Split log, SplitLogLocation(location, data));
  ICEFALL_ASSIGN_OR_RETURN(auto log_store, OpenStore(log.bucket, mode));
  place.log = std::move(log_store);
  place.log_prefix = log.prefix;
  return place;
}

Result<bool> HasLog(const TableLocation& location) {
  ICEFALL_ASSIGN_OR_RETURN(Split log, SplitLocation(location.location, location.prefix));
  if (!location.log_location.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(log, SplitLogLocation(location, log));
  }
  const auto store = OpenStore(log.bucket, StoreOpenMode::kExisting);
  if (!store.has_value()) {
    if (store.error().code() == ErrorCode::kNotFound) return false;
    return Fail(store.error());
  }
  // Foreign objects may stand before the first log file.
  ListRequest request;
  request.prefix = LogFolder(log.prefix);
  request.limit = 1000;
  ICEFALL_ASSIGN_OR_RETURN(const auto objects, (*store)->List(request));
  return std::ranges::any_of(
      objects, [](const ObjectInfo& object) { return ParseLogName(object.key).has_value(); });
}

}  // namespace icefall::icedb
