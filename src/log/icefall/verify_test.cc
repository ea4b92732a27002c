#include "log/icefall/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/registry.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

using testing::Contains;
using testing::Field;
using testing::IsEmpty;

class VerifyTest : public testing::Test {
 protected:
  // Three commits of table u in directory t, and a manifest of the second.
  void SetUp() override {
    log_ = *MakeTableLog("icefall", {.store = store_,
                                     .clock = SystemClock(),
                                     .outcomes = outcomes_,
                                     .directory = "t",
                                     .table_uuid = "u",
                                     .segment_size_bytes_max = 1'000'000});
    Schema schema;
    schema.fields.resize(1);
    schema.fields[0].name = "id";
    schema.fields[0].type = Type::Primitive("BIGINT");
    AssignFieldIds(schema, FieldId());
    ChangeSet create;
    create.operation = "create";
    Commit(*log_->EncodeFirst(EmptySnapshot("u", schema), create, {DatabaseSequence(1), 1}));
    for (uint64_t i = 2; i <= 3; ++i) {
      ChangeSet change;
      change.operation = "alter";
      change.properties["n"] = std::to_string(i);
      Commit(*log_->Encode(change, {DatabaseSequence(i), static_cast<int64_t>(i)}, std::nullopt));
      if (i == 2) {
        ASSERT_TRUE(log_->WriteManifest(DatabaseSequence(2)));
      }
    }
  }

  void Commit(const EncodedCommit& commit) {
    ASSERT_TRUE((*store_.OpenAppender(commit.entry.key))->Append(commit.entry.bytes));
    log_->Stage(commit);
    log_->Publish();
  }

  LogReport Verify() {
    auto report = VerifyLog(store_, "t", TableCodec(store_, SystemClock(), "t", "u"));
    EXPECT_TRUE(report);
    return *report;
  }

  void Overwrite(const ObjectKey& key, const std::string& bytes) {
    ASSERT_TRUE(store_.Put(key, bytes, PutCondition::Always()));
  }

  const ObjectKey segment_ = SegmentKey("t", Sequence(1));
  const ObjectKey manifest_ = ManifestKey("t", Sequence(2));
  MemoryStore store_;
  TransactionOutcomes outcomes_{store_};
  std::unique_ptr<TableLog> log_;
};

TEST_F(VerifyTest, WholeLogHasNoFindings) {
  const LogReport report = Verify();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.commits, 3);
  EXPECT_EQ(report.manifests, 1);
  EXPECT_EQ(report.newest.sequence, Sequence(3));
}

TEST_F(VerifyTest, NamesWhatIsDamaged) {
  const std::string lines = *store_.ReadToEnd(segment_, 0);
  const std::string manifest = *store_.ReadToEnd(manifest_, 0);
  const auto expect = [&](const std::string& code, bool is_error) {
    const LogReport report = Verify();
    EXPECT_THAT(report.findings, Contains(Field(&Finding::code, code)));
    EXPECT_EQ(report.has_errors(), is_error) << code;
    Overwrite(segment_, lines);
    Overwrite(manifest_, manifest);
  };
  Overwrite(segment_, lines + "{\"seq");
  expect("TornTail", false);
  Overwrite(segment_, lines.substr(0, 10) + "#" + lines.substr(11));
  expect("LogDamaged", true);
  Overwrite(manifest_, manifest.substr(0, 50));
  expect("ManifestDamaged", true);
  Overwrite(manifest_, *EncodeManifest([&] {
              Manifest other = *DecodeManifest(manifest, "table");
              other.state["properties"]["n"] = "7";
              return other;
            }()));
  expect("ManifestDiffers", true);
  Overwrite(SegmentKey("t", Sequence(9)), "");
  expect("SegmentUnreached", true);
  ASSERT_TRUE(store_.Delete(SegmentKey("t", Sequence(9))));
  Overwrite(ManifestKey("t", Sequence(9)), manifest);
  expect("ManifestUnreached", true);
  ASSERT_TRUE(store_.Delete(ManifestKey("t", Sequence(9))));
  Overwrite("t/_log/notes.txt", "");
  expect("UnknownFile", false);
}

TEST_F(VerifyTest, NothingToStartFromIsAnError) {
  ASSERT_TRUE(store_.Delete(segment_));
  ASSERT_TRUE(store_.Delete(manifest_));
  EXPECT_THAT(Verify().findings, Contains(Field(&Finding::code, "LogMissing")));
}

}  // namespace
}  // namespace icefall
