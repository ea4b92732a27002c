// One suite that every object store passes. A new store adds a line to AllStoreBackends.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/object_store.h"

namespace icefall {

// A store to test and what it stands on; destroying it removes what it stored.
class StoreFixture {
 public:
  virtual ~StoreFixture() = default;
  virtual ObjectStore& store() = 0;
  // A second, independent opening of the same objects, as another process would have; nothing when
  // the store lives in one process only.
  virtual std::unique_ptr<ObjectStore> Reopen() { return nullptr; }
};

struct StoreBackend {
  std::string name;
  std::function<std::unique_ptr<StoreFixture>()> make;
  // In what the contract leaves open the backends differ:
  bool has_folders = false;            // a key may not be a folder of another one
  bool has_processes = false;          // several processes can open it, see StoreFixture::Reopen
  bool has_text_keys = false;          // only UTF-8 without control characters
  bool versions_follow_bytes = false;  // the same bytes have the same version again
  // A deletion may come between comparison and effect of a conditional put, which then creates the
  // object again. Our logs can bear that: what they put by version they delete after that put only.
  bool deletes_overtake_puts = false;
};

// Every store of the project, and the fault store without a fault; only S3's where ICEFALL_TEST_S3
// names a bucket to test in, as tests/store/with_s3_server.py makes one.
std::vector<StoreBackend> AllStoreBackends();

// What the tests of a backend are called.
std::string BackendName(const ::testing::TestParamInfo<StoreBackend>& info);
void PrintTo(const StoreBackend& backend, std::ostream* out);

class StoreConformance : public ::testing::TestWithParam<StoreBackend> {
 protected:
  StoreConformance() : fixture_(GetParam().make()) {}

  ObjectStore& store() { return fixture_->store(); }
  StoreFixture& fixture() { return *fixture_; }

  // Puts that must succeed; answers the version.
  ObjectVersion MustPut(const ObjectKey& key, std::string_view bytes,
                        const PutCondition& condition = PutCondition::Always());
  // The object's bytes, or "<error name>".
  std::string Get(const ObjectKey& key);
  // The keys that List answers.
  std::vector<ObjectKey> Keys(const ListRequest& request = {});

 private:
  std::unique_ptr<StoreFixture> fixture_;
};

// "ok", or the name of the error's code: what a test compares.
template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : std::string(ErrorCodeName(result.error().code()));
}

// A new directory below the system's temporary one; removed, with its content, at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace icefall
