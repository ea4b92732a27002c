#include "log/icefall/manifest.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "log/icefall/file_names.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

Manifest Sample() {
  Manifest manifest;
  manifest.kind = "table";
  manifest.cursor = {Sequence(3),          120, Sequence(5), Sha256Hex("line"), DatabaseSequence(9),
                     1'700'000'000'000'000};
  manifest.parent_hash = Sha256Hex("parent");
  manifest.operation = "insert";
  manifest.state = Json::object({{"x", 1}});
  return manifest;
}

TEST(ManifestTest, IsReadAsItWasWritten) {
  const auto read = DecodeManifest(*EncodeManifest(Sample()), "table");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->cursor.segment, Sequence(3));
  EXPECT_EQ(read->cursor.offset, 120);
  EXPECT_EQ(read->cursor.sequence, Sequence(5));
  EXPECT_EQ(read->cursor.hash, Sha256Hex("line"));
  EXPECT_EQ(read->cursor.committed_at, 1'700'000'000'000'000);
  EXPECT_EQ(read->state, Sample().state);
  EXPECT_EQ(DecodeManifest(*EncodeManifest(Sample()), "catalog").error().code(),
            ErrorCode::kCorruption);
}

TEST(ManifestTest, EveryFlippedByteAndEveryCutIsFound) {
  const std::string text = *EncodeManifest(Sample());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    ASSERT_FALSE(DecodeManifest(flipped, "table")) << i;
    ASSERT_FALSE(DecodeManifest(text.substr(0, i), "table")) << i;
  }
  EXPECT_FALSE(DecodeManifest(text + "x", "table"));
}

TEST(ManifestTest, StandsUnderItsOwnNumberOnly) {
  MemoryStore store;
  ASSERT_TRUE(
      store.Put(ManifestKey("a", Sequence(6)), *EncodeManifest(Sample()), PutCondition::Always()));
  const auto read = ReadManifest(store, "a", Sequence(6), "table");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
  ASSERT_TRUE(store.Put("a/_manifests/notes.txt", "x", PutCondition::Always()));
  EXPECT_EQ(*ListManifests(store, "a"), std::vector{Sequence(6)});
}

}  // namespace
}  // namespace icefall
