#include "s3proxy/bucket_directory.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "icedb/location.h"
#include "s3proxy/source/icedb_source.h"
#include "s3proxy/source/icefall_source.h"

namespace icefall::s3proxy {
namespace {

std::optional<int64_t> ToMs(const std::optional<TimestampMicros>& time) {
  return time ? std::optional(*time / 1000) : std::nullopt;
}

}  // namespace

BucketDirectory::BucketDirectory(const ProxyConfig& config, RewrittenFiles& rewritten, Clock& clock)
    : config_(config), rewritten_(rewritten), clock_(clock), http_(HttpClient::Settings()) {
  for (const auto& key : config.keys) keys_.emplace(key.access_key_id, key);
}

Result<std::unique_ptr<BucketDirectory>> BucketDirectory::Open(const ProxyConfig& config,
                                                               RewrittenFiles& rewritten,
                                                               Clock& clock) {
  std::unique_ptr<BucketDirectory> directory(new BucketDirectory(config, rewritten, clock));
  const VirtualBucket::Holding holding{.held_seconds = config.held_seconds};
  for (const auto& bucket : config.buckets) {
    auto source = directory->OpenSource(bucket);
    auto opened = VirtualBucketPointer();
    if (source) {
      opened = std::make_shared<VirtualBucket>(bucket.name, *source, holding, clock);
      if (auto view = opened->Newest(); !view) source = Fail(view.error());
    }
    if (!source) {
      return Fail(source.error().WithContext(fmt::format("bucket '{}'", bucket.name)));
    }
    directory->configured_[bucket.name] = {std::move(opened), bucket.anonymous};
  }
  return directory;
}

Result<FileSourcePointer> BucketDirectory::OpenSource(const BucketConfig& bucket) {
  if (bucket.format == TableFormat::kIcedb) {
    ICEFALL_ASSIGN_OR_RETURN(auto place, icedb::OpenPlace({bucket.location, bucket.prefix,
                                                           bucket.log_location, bucket.log_prefix},
                                                          StoreOpenMode::kExisting));
    return std::make_shared<IcedbSource>(std::move(place), ToMs(bucket.time), clock_);
  }
  IcefallSourceSettings settings;
  settings.location = bucket.location;
  settings.tables = bucket.tables;
  settings.folders = bucket.folders;
  settings.sequence = bucket.sequence;
  settings.time = bucket.time;
  settings.temp_directory = config_.cache_directory + "/spill";
  settings.memory_limit_bytes = config_.memory_limit_bytes;
  return IcefallSource::Open(std::move(settings), rewritten_, clock_);
}

std::optional<std::string> BucketDirectory::SecretOf(const std::string& access_key_id) const {
  const auto found = keys_.find(access_key_id);
  if (found != keys_.end()) return found->second.secret_access_key;
  if (!config_.resolve || config_.resolve->secret_access_key.empty()) return std::nullopt;
  return config_.resolve->secret_access_key;
}

bool BucketDirectory::MayRead(const std::string& name, const Caller& caller) const {
  if (const auto bucket = configured_.find(name);
      bucket != configured_.end() && bucket->second.anonymous) {
    return true;
  }
  if (!caller) return false;
  const auto key = keys_.find(*caller);
  // Who only has the secret of all tenants gets what the resolving server gives.
  if (key == keys_.end()) return !configured_.contains(name);
  return !key->second.buckets || key->second.buckets->contains(name);
}

Result<VirtualBucketPointer> BucketDirectory::Find(const std::string& name, const Caller& caller) {
  if (!MayRead(name, caller)) {
    return Fail(ErrorCode::kPermissionDenied, fmt::format("no access to bucket '{}'", name));
  }
  const auto found = configured_.find(name);
  if (found != configured_.end()) return found->second.bucket;
  if (config_.resolve) return FindResolved(name, *caller);
  return Fail(ErrorCode::kNotFound, fmt::format("there is no bucket '{}'", name));
}

std::vector<std::string> BucketDirectory::Names(const Caller& caller) const {
  std::vector<std::string> names;
  for (const auto& [name, bucket] : configured_) {
    if (MayRead(name, caller)) names.push_back(name);
  }
  return names;
}

Result<BucketDirectory::Resolved> BucketDirectory::Ask(const std::string& name,
                                                       const std::string& key_id) {
  const ResolveConfig& resolve = *config_.resolve;
  const std::string body = nlohmann::json({{"VirtualBucket", name}, {"KeyID", key_id}}).dump();
  icefall::HttpRequest sent{.method = "POST",
                            .url = resolve.url + "/resolve_virtual_bucket",
                            .headers = {{"content-type", "application/json"}},
                            .body = body};
  if (!resolve.authorization.empty()) sent.headers["authorization"] = resolve.authorization;
  const auto answer = http_.Send(sent);
  if (!answer) return Fail(ErrorCode::kUnavailable, answer.error().message());
  if (answer->status == 404) {
    return Fail(ErrorCode::kNotFound, fmt::format("there is no bucket '{}'", name));
  }
  if (answer->status == 401 || answer->status == 403) {
    return Fail(ErrorCode::kPermissionDenied, fmt::format("no access to bucket '{}'", name));
  }
  const auto json = nlohmann::json::parse(answer->body, nullptr, false);
  const auto prefix = json.is_object() ? json.value("Prefix", nlohmann::json()) : nlohmann::json();
  const auto time = json.is_object() ? json.value("TimeMS", nlohmann::json()) : nlohmann::json();
  if (answer->status != 200 || !prefix.is_string() || prefix.get<std::string>().empty() ||
      !(time.is_null() || time.is_number_integer())) {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("resolving bucket '{}': expected 200 and {{\"Prefix\": TEXT, "
                            "\"TimeMS\": NUMBER}}, found status {} with {} bytes",
                            name, answer->status, answer->body.size()));
  }
  Resolved resolved{.prefix = prefix.get<std::string>(), .resolved_at = clock_.NowMicros()};
  if (time.is_number_integer() && time.get<int64_t>() > 0) resolved.time_ms = time.get<int64_t>();
  return resolved;
}

Result<BucketDirectory::Resolved> BucketDirectory::Resolve(const std::string& name,
                                                           const std::string& key_id) {
  const TimestampMicros oldest = clock_.NowMicros() - config_.resolve->cache_seconds * 1'000'000;
  {
    const std::lock_guard lock(mutex_);
    const auto found = resolved_.find({name, key_id});
    if (found != resolved_.end() && found->second.resolved_at > oldest) return found->second;
  }
  ICEFALL_ASSIGN_OR_RETURN(Resolved resolved, Ask(name, key_id));
  const std::lock_guard lock(mutex_);
  resolved_[{name, key_id}] = resolved;
  return resolved;
}

Result<VirtualBucketPointer> BucketDirectory::FindResolved(const std::string& name,
                                                           const std::string& key_id) {
  ICEFALL_ASSIGN_OR_RETURN(const Resolved resolved, Resolve(name, key_id));
  const std::string identity =
      fmt::format("{}\n{}\n{}", name, resolved.prefix, resolved.time_ms.value_or(0));
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = opened_.find(identity); found != opened_.end()) {
      found->second.used_at = clock_.NowMicros();
      return found->second.bucket;
    }
  }
  BucketConfig bucket;
  bucket.name = name;
  bucket.format = TableFormat::kIcedb;
  bucket.location = config_.resolve->location;
  bucket.prefix = resolved.prefix;
  if (resolved.time_ms) bucket.time = *resolved.time_ms * 1000;
  ICEFALL_ASSIGN_OR_RETURN(auto source, OpenSource(bucket));
  auto opened = std::make_shared<VirtualBucket>(
      name, std::move(source), VirtualBucket::Holding{.held_seconds = config_.held_seconds},
      clock_);
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = opened_.try_emplace(identity, std::move(opened));
  place->second.used_at = clock_.NowMicros();
  return place->second.bucket;
}

void BucketDirectory::DropOld() {
  for (auto& [name, bucket] : configured_) bucket.bucket->DropOld();
  const TimestampMicros now = clock_.NowMicros();
  const int64_t unused_max = (config_.held_seconds + 60) * 1'000'000;
  const std::lock_guard lock(mutex_);
  std::erase_if(opened_, [&](const auto& o) { return o.second.used_at < now - unused_max; });
  std::erase_if(resolved_, [&](const auto& r) { return r.second.resolved_at < now - unused_max; });
  for (auto& [identity, opened] : opened_) opened.bucket->DropOld();
}

}  // namespace icefall::s3proxy
