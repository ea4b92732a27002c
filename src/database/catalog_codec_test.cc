#include "database/catalog_codec.h"

#include <array>

#include <gtest/gtest.h>

namespace icefall {
namespace {

VerifiedLine LineOf(Json changes) {
  VerifiedLine verified;
  verified.line.changes = std::move(changes);
  verified.after.sequence = Sequence(1);
  return verified;
}

CatalogChange FirstChange() {
  CatalogObject schema{.kind = ObjectKind::kSchema, .name = {"", "main"}, .uuid = "s"};
  CatalogObject table{.kind = ObjectKind::kTable,
                      .name = {"main", "t"},
                      .uuid = "t",
                      .directory = "t",
                      .comment = "c",
                      .properties = {{"k", "v"}}};
  CatalogObject macro{.kind = ObjectKind::kMacro,
                      .name = {"main", "m"},
                      .uuid = "m",
                      .definition = "CREATE MACRO m() AS 1"};
  CatalogChange change;
  for (CatalogObject& object : std::array{schema, table, macro}) {
    change.created.push_back(std::make_shared<const CatalogObject>(std::move(object)));
  }
  return change;
}

TEST(CatalogCodecTest, LinesAndManifestsSayTheSame) {
  CatalogCodec codec;
  const Json changes = CatalogCodec::EncodeChanges("d", FirstChange());
  const auto step = codec.Apply(nullptr, LineOf(*ParseJson(*WriteJson(changes))));
  ASSERT_TRUE(step) << step.error().message();
  EXPECT_EQ(step->state->database_uuid, "d");
  EXPECT_EQ(*step->state->FindTableByUuid("t"), *FirstChange().created[1]);
  Manifest manifest = *codec.Encode(*step->state);
  manifest.cursor.sequence = Sequence(1);
  const auto decoded = codec.Decode(manifest);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(CatalogCodec::Same(**decoded, *step->state));
}

TEST(CatalogCodecTest, RefusesHostileObjects) {
  CatalogCodec codec;
  for (const char* directory : {"", "..", "a/b", "/etc", "_catalog", ".git", "a\\b"}) {
    CatalogChange change = FirstChange();
    CatalogObject table = *change.created[1];
    table.directory = directory;
    change.created[1] = std::make_shared<const CatalogObject>(table);
    const auto step = codec.Apply(nullptr, LineOf(CatalogCodec::EncodeChanges("d", change)));
    ASSERT_FALSE(step) << directory;
    EXPECT_EQ(step.error().code(), ErrorCode::kCorruption);
  }
  for (const char* changes : {R"({})", R"({"database_uuid":"d","created":[{"kind":"comet"}]})",
                              R"({"database_uuid":"d","dropped":[{"kind":"schema","name":"x",
                                 "uuid":"x"}]})"}) {
    const auto step = codec.Apply(nullptr, LineOf(*ParseJson(changes)));
    ASSERT_FALSE(step) << changes;
    EXPECT_EQ(step.error().code(), ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace icefall
