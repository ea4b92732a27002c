#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <stdlib.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "store/fault_store.h"
#include "store/local_store.h"
#include "store/memory_store.h"
#include "store/s3/s3_store.h"
#include "tests/store/store_conformance.h"

namespace icefall {
namespace {

std::unique_ptr<LocalStore> MustOpen(const std::string& path) {
  Result<std::unique_ptr<LocalStore>> store = LocalStore::Open(path);
  if (store) return *std::move(store);
  ADD_FAILURE() << store.error().message();
  return nullptr;
}

class LocalFixture : public StoreFixture {
 public:
  LocalFixture() : store_(MustOpen(directory_.path())) {}
  ObjectStore& store() override { return *store_; }
  std::unique_ptr<ObjectStore> Reopen() override { return MustOpen(directory_.path()); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<LocalStore> store_;
};

// As on a kernel without openat2.
class WalkingLocalFixture : public StoreFixture {
 public:
  WalkingLocalFixture() : store_(Open()) {}
  ObjectStore& store() override { return *store_; }
  std::unique_ptr<ObjectStore> Reopen() override { return Open(); }

 private:
  std::unique_ptr<LocalStore> Open() {
    Result<std::unique_ptr<RootDirectory>> root = RootDirectory::Open(directory_.path());
    if (!root) {
      ADD_FAILURE() << root.error().message();
      return nullptr;
    }
    (*root)->set_resolution(RootDirectory::Resolution::kByWalk);
    return std::make_unique<LocalStore>(*std::move(root));
  }

  TemporaryDirectory directory_;
  std::unique_ptr<LocalStore> store_;
};

class MemoryFixture : public StoreFixture {
 public:
  ObjectStore& store() override { return store_; }

 private:
  MemoryStore store_;
};

class FaultFixture : public StoreFixture {
 public:
  ObjectStore& store() override { return store_; }

 private:
  MemoryStore base_;
  FaultStore store_{base_};
};

// A prefix of its own in the bucket that ICEFALL_TEST_S3 names; its objects go with the server.
class S3Fixture : public StoreFixture {
 public:
  S3Fixture() : store_(Open()) {}
  ObjectStore& store() override { return *store_; }
  std::unique_ptr<ObjectStore> Reopen() override { return Open(); }

 private:
  std::unique_ptr<ObjectStore> Open() const {
    const std::string location = std::getenv("ICEFALL_TEST_S3");
    const size_t options = std::min(location.find('?'), location.size());
    auto store =
        S3Store::Open(location.substr(0, options) + "/" + prefix_ + location.substr(options));
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message();
    return nullptr;
  }

  const std::string prefix_ = NewUuid(SystemClock());
  std::unique_ptr<ObjectStore> store_;
};

template <typename Fixture>
StoreBackend Backend(std::string name, bool has_folders, bool has_processes) {
  return {.name = std::move(name),
          .make = [] { return std::make_unique<Fixture>(); },
          .has_folders = has_folders,
          .has_processes = has_processes};
}

}  // namespace

std::vector<StoreBackend> AllStoreBackends() {
  if (std::getenv("ICEFALL_TEST_S3") != nullptr) {
    // versitygw keeps objects as files. Its puts lock a key, its deletions (1.8.0) do not.
    const bool is_versitygw = std::getenv("ICEFALL_VERSITYGW") != nullptr;
    auto s3 = Backend<S3Fixture>("s3", is_versitygw, true);
    s3.deletes_overtake_puts = is_versitygw;
    s3.has_text_keys = true;
    s3.versions_follow_bytes = true;
    return {s3};
  }
  return {Backend<LocalFixture>("local", true, true),
          Backend<WalkingLocalFixture>("local_without_openat2", true, true),
          Backend<MemoryFixture>("memory", false, false),
          Backend<FaultFixture>("fault", false, false)};
}

std::string BackendName(const ::testing::TestParamInfo<StoreBackend>& info) {
  return info.param.name;
}

void PrintTo(const StoreBackend& backend, std::ostream* out) { *out << backend.name; }

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "icefall-store-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << pattern;
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // a directory left over in the system's temporary one harms nobody
  std::filesystem::remove_all(path_, ignored);
}

ObjectVersion StoreConformance::MustPut(const ObjectKey& key, std::string_view bytes,
                                        const PutCondition& condition) {
  Result<ObjectVersion> version = store().Put(key, bytes, condition);
  if (version) return *std::move(version);
  ADD_FAILURE() << version.error().message();
  return {};
}

std::string StoreConformance::Get(const ObjectKey& key) {
  Result<std::string> bytes = store().ReadToEnd(key, 0);
  return bytes ? *bytes : "<" + Outcome(bytes) + ">";
}

std::vector<ObjectKey> StoreConformance::Keys(const ListRequest& request) {
  const Result<std::vector<ObjectInfo>> infos = store().List(request);
  if (!infos) ADD_FAILURE() << infos.error().message();
  std::vector<ObjectKey> keys;
  if (infos) {
    for (const ObjectInfo& info : *infos) keys.push_back(info.key);
  }
  return keys;
}

}  // namespace icefall
