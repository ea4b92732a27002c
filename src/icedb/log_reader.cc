#include "icedb/log_reader.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"

namespace icefall::icedb {
namespace {

// Requests wait for the network, not for a processor.
constexpr size_t kRequestsAtOnce = 32;
// How often a reader starts over because cleanup went on beside it.
constexpr int kAttemptCountMax = 20;

// By time; the original orders by key, which is the same for times of equally many digits.
bool IsEarlier(const ListedLog& left, const ListedLog& right) {
  if (left.name.ms != right.name.ms) return left.name.ms < right.name.ms;
  return left.key < right.key;
}

}  // namespace

LogReader::LogReader(ObjectStore& store, std::string prefix)
    : store_(store), prefix_(std::move(prefix)) {}

Result<LogReader::Listing> LogReader::List(std::optional<int64_t> before_ms) {
  ListRequest request;
  request.prefix = LogFolder(prefix_);
  ICEFALL_ASSIGN_OR_RETURN(auto objects, store_.List(request));
  std::vector<std::pair<ListedLog, ObjectInfo>> found;
  std::vector<std::string> foreign;
  for (auto& object : objects) {
    auto name = ParseLogName(object.key);
    if (!name || object.key.find('/', request.prefix.size()) != std::string::npos) {
      foreign.push_back(object.key);
    } else if (!before_ms || name->ms < *before_ms) {
      found.emplace_back(ListedLog{object.key, *std::move(name), nullptr}, std::move(object));
    }
  }
  std::ranges::sort(found, [](const auto& left, const auto& right) {
    return IsEarlier(left.first, right.first);
  });
  Listing listing;
  for (auto& [log, object] : found) {
    listing.logs.push_back(std::move(log));
    listing.objects.push_back(std::move(object));
  }
  const std::lock_guard lock(mutex_);
  foreign_ = std::move(foreign);
  return listing;
}

Result<void> LogReader::Fetch(Listing& listing, const std::vector<size_t>& places) {
  std::vector<size_t> missing;
  {
    const std::lock_guard lock(mutex_);
    for (const size_t place : places) {
      const auto kept = kept_.find(listing.logs[place].key);
      if (kept != kept_.end() && kept->second.version == listing.objects[place].version) {
        listing.logs[place].file = kept->second.file;
      } else {
        missing.push_back(place);
      }
    }
  }
  auto fetched = ForEachInParallel(missing.size(), kRequestsAtOnce, [&](size_t i) -> Result<void> {
    ListedLog& log = listing.logs[missing[i]];
    ICEFALL_ASSIGN_OR_RETURN(const std::string bytes, store_.ReadToEnd(log.key, 0));
    ICEFALL_ASSIGN_OR_RETURN(LogFile file, DecodeLogFile(bytes, log.key));
    log.file = std::make_shared<const LogFile>(std::move(file));
    return {};
  });
  // Those that came are kept whether or not all did, or a long log would hardly ever be read where
  // requests fail now and then.
  const std::lock_guard lock(mutex_);
  for (const size_t place : missing) {
    const ListedLog& log = listing.logs[place];
    if (log.file != nullptr) kept_[log.key] = {listing.objects[place].version, log.file};
  }
  return fetched;
}

Result<void> LogReader::FetchNeeded(Listing& listing) {
  // Maintenance's logs say which of the others need not be read, and the newest ones say most:
  // one after it, then twice as many, and so on.
  std::vector<size_t> merged;
  std::vector<size_t> others;
  for (size_t i = listing.logs.size(); i-- > 0;) {
    (listing.logs[i].name.merged ? merged : others).push_back(i);
  }
  std::unordered_set<std::string> carried;
  const auto is_carried = [&](size_t place) { return carried.contains(listing.logs[place].key); };
  for (size_t at_once = 1; !merged.empty(); at_once *= 2) {
    const auto count = static_cast<ptrdiff_t>(std::min(at_once, merged.size()));
    const std::vector<size_t> newest(merged.begin(), merged.begin() + count);
    merged.erase(merged.begin(), merged.begin() + count);
    ICEFALL_RETURN_IF_ERROR(Fetch(listing, newest));
    for (const size_t place : newest) {
      for (auto& key : CarriedLogs(*listing.logs[place].file)) carried.insert(std::move(key));
    }
    std::erase_if(merged, is_carried);
  }
  std::erase_if(others, is_carried);
  ICEFALL_RETURN_IF_ERROR(Fetch(listing, others));
  // Whichever of them were fetched, the state is the same.
  for (ListedLog& log : listing.logs) {
    if (carried.contains(log.key)) log.file = nullptr;
  }
  return {};
}

StatePointer LogReader::Keep(Listing listing) {
  std::vector<ObjectVersion> versions;
  for (const auto& object : listing.objects) versions.push_back(object.key + '\n' + object.version);
  const std::lock_guard lock(mutex_);
  if (last_ != nullptr && versions == last_versions_) return last_;
  std::unordered_map<std::string, KeptFile> kept;
  for (const auto& object : listing.objects) {
    if (auto node = kept_.extract(object.key)) kept.insert(std::move(node));
  }
  kept_ = std::move(kept);
  last_ = std::make_shared<const TableState>(std::move(listing.logs));
  last_versions_ = std::move(versions);
  return last_;
}

Result<StatePointer> LogReader::Read(std::optional<int64_t> before_ms) {
  for (int attempt = 1;; ++attempt) {
    ICEFALL_ASSIGN_OR_RETURN(Listing listing, List(before_ms));
    const auto fetched = FetchNeeded(listing);
    if (fetched.has_value()) {
      if (!before_ms) return Keep(std::move(listing));
      return std::make_shared<const TableState>(std::move(listing.logs));
    }
    if (fetched.error().code() != ErrorCode::kNotFound || attempt == kAttemptCountMax) {
      return Fail(fetched.error());
    }
  }
}

Result<StatePointer> LogReader::ReadOnly(const std::vector<std::string>& keys) {
  Listing listing;
  for (const auto& key : keys) {
    auto name = ParseLogName(key);
    if (!name) {
      return Fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no name of a log file", key));
    }
    listing.logs.push_back({key, *std::move(name), nullptr});
  }
  std::ranges::sort(listing.logs, IsEarlier);
  ICEFALL_RETURN_IF_ERROR(
      ForEachInParallel(keys.size(), kRequestsAtOnce, [&](size_t i) -> Result<void> {
        ListedLog& log = listing.logs[i];
        ICEFALL_ASSIGN_OR_RETURN(const std::string bytes, store_.ReadToEnd(log.key, 0));
        ICEFALL_ASSIGN_OR_RETURN(LogFile file, DecodeLogFile(bytes, log.key));
        log.file = std::make_shared<const LogFile>(std::move(file));
        return {};
      }));
  return std::make_shared<const TableState>(std::move(listing.logs));
}

std::vector<std::string> LogReader::foreign() const {
  const std::lock_guard lock(mutex_);
  return foreign_;
}

}  // namespace icefall::icedb
