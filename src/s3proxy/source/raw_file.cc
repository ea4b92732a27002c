#include "s3proxy/source/raw_file.h"

#include <utility>

#include <fmt/format.h>

#include "base/hash.h"

namespace icefall::s3proxy {
namespace {

class RawContent : public FileContent {
 public:
  RawContent(std::shared_ptr<ObjectStore> store, ObjectKey object, FileFacts facts)
      : store_(std::move(store)), object_(std::move(object)), facts_(std::move(facts)) {}

  uint64_t size_bytes() const override { return facts_.size_bytes; }
  const std::string& etag() const override { return facts_.etag; }
  Result<std::string> Read(uint64_t offset, uint64_t size_bytes) override {
    return store_->Read(object_, offset, size_bytes);
  }

 private:
  const std::shared_ptr<ObjectStore> store_;
  const ObjectKey object_;
  const FileFacts facts_;
};

class RawFile : public VirtualFile {
 public:
  RawFile(std::string key, TimestampMicros modified_at, std::shared_ptr<ObjectStore> store,
          ObjectKey object, FileFacts facts)
      : VirtualFile(std::move(key), modified_at),
        store_(std::move(store)),
        object_(std::move(object)),
        facts_(std::move(facts)) {}

  Result<FileFacts> Facts() override { return facts_; }
  Result<FileContentPointer> Open() override {
    return std::make_shared<RawContent>(store_, object_, facts_);
  }

 private:
  const std::shared_ptr<ObjectStore> store_;
  const ObjectKey object_;
  const FileFacts facts_;
};

}  // namespace

std::string EtagOf(std::string_view identity) {
  return fmt::format("\"{}\"", Sha256Hex(identity).substr(0, 32));
}

VirtualFilePointer MakeRawFile(std::string key, TimestampMicros modified_at,
                               std::shared_ptr<ObjectStore> store, ObjectKey object,
                               uint64_t size_bytes, std::string_view identity) {
  FileFacts facts{size_bytes, EtagOf(fmt::format("{}\n{}", identity, size_bytes))};
  return std::make_shared<RawFile>(std::move(key), modified_at, std::move(store), std::move(object),
                                   std::move(facts));
}

}  // namespace icefall::s3proxy
