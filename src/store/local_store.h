// Objects as files below one directory of a POSIX file system.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/object_store.h"
#include "store/root_directory.h"

namespace icefall {

// Several processes may use one directory at a time. Symbolic links are not objects: List leaves
// them out, and every other call refuses a path through one with kInvalidArgument. The directory
// stays the one that was opened, even when it is renamed.
//
// A version is inode, size and modification time. Put makes the time of a replaced object grow, so
// versions never come back; what is appended to or written by path is dated by the kernel, whose
// clock may stand still for some milliseconds: cutting and regrowing an object to the same size
// within that time can go unnoticed.
class LocalStore : public ObjectStore {
 public:
  // Errors: kNotFound; kInvalidArgument when `path` is empty or not a directory.
  static Result<std::unique_ptr<LocalStore>> Open(const std::string& path);
  // As Open, after making the directory and its parents durably where they are missing.
  static Result<std::unique_ptr<LocalStore>> Create(const std::string& path);
  explicit LocalStore(std::unique_ptr<RootDirectory> root);

  Result<ObjectVersion> Put(const ObjectKey& key, std::string_view bytes,
                            const PutCondition& condition) override;
  Result<std::string> Read(const ObjectKey& key, uint64_t offset, uint64_t size_bytes) override;
  Result<std::string> ReadToEnd(const ObjectKey& key, uint64_t offset) override;
  Result<ObjectInfo> Stat(const ObjectKey& key) override;
  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override;
  Result<void> Delete(const ObjectKey& key) override;
  Result<std::unique_ptr<ObjectAppender>> OpenAppender(const ObjectKey& key) override;
  Result<void> Persist(const std::vector<ObjectKey>& keys) override;
  Result<std::string> ExternalPath(const ObjectKey& key) override;
  Result<uint64_t> RemoveAbandoned(TimestampMicros started_before) override;
  Capabilities capabilities() const override { return {.append = true, .external_path = true}; }
  std::string name() const override { return "local:" + root_->path(); }

 private:
  const std::unique_ptr<RootDirectory> root_;
};

}  // namespace icefall
