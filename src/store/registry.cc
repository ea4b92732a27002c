#include "store/registry.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "store/local_store.h"
#include "store/memory_store.h"
#include "store/s3/s3_store.h"

namespace icefall {
namespace {

using OpenedStore = Result<std::unique_ptr<ObjectStore>>;

OpenedStore OpenLocalPath(std::string_view path, StoreOpenMode mode) {
  if (path.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "store location is empty, expected a directory");
  }
  if (path.find('\0') != std::string_view::npos) {
    return Fail(ErrorCode::kInvalidArgument, "store location has a NUL byte");
  }
  return mode == StoreOpenMode::kExisting ? LocalStore::Open(std::string(path))
                                          : LocalStore::Create(std::string(path));
}

// `rest` is what follows "file:".
OpenedStore OpenFileUrl(std::string_view rest, StoreOpenMode mode) {
  if (!rest.starts_with("//")) return OpenLocalPath(rest, mode);
  const size_t path_begin = std::min(rest.find('/', 2), rest.size());
  const std::string_view host = rest.substr(2, path_begin - 2);
  if (!host.empty() && host != "localhost") {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("store location 'file:{}' names the host '{}', expected none or "
                            "localhost",
                            rest, host));
  }
  return OpenLocalPath(rest.substr(path_begin), mode);
}

OpenedStore OpenMemory(std::string_view rest, StoreOpenMode) {
  if (rest.empty()) return std::make_unique<MemoryStore>();
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("store location 'memory:{}' has a name, expected 'memory:'", rest));
}

OpenedStore OpenS3(std::string_view rest, StoreOpenMode) { return S3Store::Open(rest); }

struct Scheme {
  std::string_view name;
  OpenedStore (*open)(std::string_view rest, StoreOpenMode mode);
};

// One line per store.
constexpr Scheme kSchemes[] = {
    {"file", OpenFileUrl},
    {"memory", OpenMemory},
    {"s3", OpenS3},
};

// The part before the first ':', where that looks like the scheme of a URL.
std::string_view SchemeOf(std::string_view location) {
  const std::string_view scheme = location.substr(0, location.find(':'));
  if (scheme.size() == location.size() || scheme.empty()) return {};
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '+' || c == '-' || c == '.';
  });
  return is_scheme && std::isalpha(static_cast<unsigned char>(scheme.front())) ? scheme
                                                                               : std::string_view();
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> OpenStore(std::string_view location, StoreOpenMode mode) {
  const std::string_view name = SchemeOf(location);
  if (name.empty()) return OpenLocalPath(location, mode);
  std::string known;
  for (const Scheme& scheme : kSchemes) {
    if (scheme.name == name) return scheme.open(location.substr(name.size() + 1), mode);
    known += fmt::format("{}{}:", known.empty() ? "" : ", ", scheme.name);
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("store location '{}' has the unknown scheme '{}:', expected a path or "
                          "one of {}",
                          location, name, known));
}

}  // namespace icefall
