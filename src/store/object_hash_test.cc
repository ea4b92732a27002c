#include "store/object_hash.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

TEST(ObjectHashTest, IsThatOfTheBytesInAnyNumberOfPieces) {
  MemoryStore store;
  for (const size_t size_bytes : {0, 1, 4 << 20, (4 << 20) + 1, 9 << 20}) {
    std::string bytes(size_bytes, 'x');
    for (size_t i = 0; i < bytes.size(); i += 1000) bytes[i] = static_cast<char>(i / 1000);
    ASSERT_TRUE(store.Put("data/file", bytes, PutCondition::Always()));
    const auto hash = ObjectSha256(store, "data/file");
    ASSERT_TRUE(hash) << hash.error().message();
    EXPECT_EQ(*hash, Sha256Hex(bytes)) << size_bytes;
  }
}

TEST(ObjectHashTest, OfAMissingObjectIsAnError) {
  MemoryStore store;
  const auto hash = ObjectSha256(store, "data/file");
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace icefall
