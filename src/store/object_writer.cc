#include <string>
#include <utility>

#include "store/object_store.h"

namespace icefall {
namespace {

class HeldObject : public ObjectWriter {
 public:
  HeldObject(ObjectStore& store, ObjectKey key) : store_(store), key_(std::move(key)) {}

  Result<void> Write(std::string_view bytes) override {
    held_ += bytes;
    return {};
  }

  Result<ObjectVersion> Finish() override {
    return store_.Put(key_, held_, PutCondition::IfAbsent());
  }

 private:
  ObjectStore& store_;
  const ObjectKey key_;
  std::string held_;
};

}  // namespace

Result<std::unique_ptr<ObjectWriter>> ObjectStore::OpenWriter(const ObjectKey& key) {
  ICEFALL_RETURN_IF_ERROR(ValidateKey(key));
  return std::make_unique<HeldObject>(*this, key);
}

}  // namespace icefall
