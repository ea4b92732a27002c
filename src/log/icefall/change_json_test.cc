#include "log/icefall/change_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/icefall/fragment_json.h"
#include "log/icefall/schema_json.h"
#include "log/icefall/table_codec.h"
#include "store/memory_store.h"

namespace icefall {
namespace {

Field Column(int32_t id, const std::string& name, Type type) {
  Field field;
  field.id = FieldId(id);
  field.name = name;
  field.type = std::move(type);
  return field;
}

// Every kind of type, constraint and option.
Schema RichSchema() {
  Schema schema;
  schema.id = SchemaId(3);
  Type list{.kind = TypeKind::kList, .children = {Column(3, "element", Type::Primitive("DATE"))}};
  Type row{.kind = TypeKind::kStruct,
           .children = {Column(4, "x", Type::Primitive("DECIMAL(9,2)")), Column(5, "l", list)}};
  row.children[1].type.children[0].id = FieldId(6);
  schema.fields.push_back(Column(1, "id", Type::Primitive("BIGINT")));
  schema.fields.back().required = true;
  schema.fields.push_back(Column(2, "list", list));
  schema.fields.push_back(Column(7, "row", row));
  schema.fields.push_back(Column(8, "pair",
                                 {.kind = TypeKind::kArray,
                                  .array_size = 2,
                                  .children = {Column(9, "element", Type::Primitive("FLOAT"))}}));
  schema.fields.push_back(Column(10, "map",
                                 {.kind = TypeKind::kMap,
                                  .children = {Column(11, "key", Type::Primitive("VARCHAR")),
                                               Column(12, "value", Type::Primitive("UUID"))}}));
  schema.fields.push_back(
      Column(13, "union",
             {.kind = TypeKind::kUnion, .children = {Column(14, "a", Type::Primitive("BLOB"))}}));
  schema.fields[1].initial_default = "[]";
  schema.fields[1].write_default = "[today()]";
  schema.fields[1].comment = "days";
  schema.fields.push_back(Column(15, "twice", Type::Primitive("BIGINT")));
  schema.fields.back().generated_as = "id * 2";
  schema.constraints = {
      {.kind = Constraint::Kind::kPrimaryKey, .name = "k", .fields = {FieldId(1)}},
      {.kind = Constraint::Kind::kCheck, .name = "c", .expression = "id > 0"}};
  return schema;
}

FragmentPointer SampleFragment(uint64_t id) {
  Fragment fragment;
  fragment.id = FragmentId(id);
  fragment.path = "data/x.parquet";
  fragment.row_count = 100'000;
  fragment.size_bytes = 7;
  fragment.footer_size_bytes = 3;
  fragment.schema = SchemaId(3);
  fragment.has_row_ids = true;
  fragment.partition_spec = PartitionSpecId(1);
  fragment.partition_values = {"eu", std::nullopt};
  fragment.statistics = {{.field = FieldId(1),
                          .null_count = 2,
                          .lower_bound = "1",
                          .upper_bound = "9",
                          .lower_is_exact = true,
                          .has_nan = true,
                          .size_bytes = 5,
                          .text_size_max = 3},
                         {.field = FieldId(4)}};
  return std::make_shared<const Fragment>(std::move(fragment));
}

class ChangeJsonTest : public testing::Test {
 protected:
  ChangeJsonTest() {
    base_ = EmptySnapshot("uuid", RichSchema());
    base_.partition_specs.push_back(
        {PartitionSpecId(1), {{FieldId(1), "bucket[4]", "b"}, {FieldId(2), "day", "d"}}});
  }

  // Through text, as on disk.
  ChangeSet RoundTrip(const ChangeSet& change) {
    const auto json = EncodeChange(change, deletions_);
    EXPECT_TRUE(json) << json.error().message();
    DecodeStatus status;
    ChangeSet decoded = DecodeChange(*ParseJson(*WriteJson(*json)), base_, deletions_, status);
    EXPECT_TRUE(status.ok());
    return decoded;
  }

  MemoryStore store_;
  DeletionFiles deletions_{store_, SystemClock(), "t"};
  Snapshot base_;
};

TEST_F(ChangeJsonTest, ChangesAreReadAsTheyWereWritten) {
  base_.fragments.Put(SampleFragment(1));
  ChangeSet change;
  change.schema = std::make_shared<const Schema>(RichSchema());
  change.last_field_id = FieldId(15);
  change.other_schemas = {change.schema};
  change.partition_spec = base_.partition_specs[1];
  change.other_partition_specs = {base_.partition_specs[0]};
  change.sort_order = SortOrder{{{"id", true, true}}};
  change.properties = {{"set", "x"}, {"removed", std::nullopt}};
  change.added_fragments = {SampleFragment(2)};
  change.removed_fragments = {FragmentId(4)};
  change.deleted_rows[FragmentId(1)].Add(77);
  change.new_statistics[FragmentId(1)] = SampleFragment(1)->statistics;
  InlineBatch batch;
  batch.first_position = 3;
  batch.row_count = 2;
  batch.schema = SchemaId(3);
  batch.fields = {FieldId(1)};
  batch.rows = "[[1],[\"12.50\"]]";
  batch.row_ids = {RowId(5), std::nullopt};
  change.added_inline = {std::make_shared<const InlineBatch>(batch)};
  change.deleted_inline.Add(4);
  change.inline_floor = 4;
  change.row_id_count = 9;
  change.moves_rows = true;
  const ChangeSet read = RoundTrip(change);
  EXPECT_EQ(*read.schema, *change.schema);
  EXPECT_EQ(read.last_field_id, change.last_field_id);
  ASSERT_EQ(read.other_schemas.size(), 1);
  EXPECT_EQ(*read.other_schemas[0], *change.schema);
  EXPECT_EQ(read.partition_spec, change.partition_spec);
  EXPECT_EQ(read.other_partition_specs, change.other_partition_specs);
  EXPECT_EQ(read.sort_order, change.sort_order);
  EXPECT_EQ(read.properties, change.properties);
  EXPECT_EQ(*WriteJson(EncodeFragment(*read.added_fragments.at(0))),
            *WriteJson(EncodeFragment(*change.added_fragments[0])));
  EXPECT_EQ(read.added_fragments[0]->partition_values, SampleFragment(2)->partition_values);
  EXPECT_EQ(read.added_fragments[0]->statistics, SampleFragment(2)->statistics);
  EXPECT_EQ(read.removed_fragments, change.removed_fragments);
  EXPECT_EQ(read.deleted_rows, change.deleted_rows);
  EXPECT_EQ(read.new_statistics, change.new_statistics);
  EXPECT_EQ(read.added_inline.at(0)->rows, batch.rows);
  EXPECT_EQ(read.added_inline[0]->row_ids, batch.row_ids);
  EXPECT_EQ(read.added_inline[0]->fields, batch.fields);
  EXPECT_EQ(read.deleted_inline, change.deleted_inline);
  EXPECT_EQ(read.inline_floor, change.inline_floor);
  EXPECT_EQ(read.row_id_count, change.row_id_count);
  EXPECT_TRUE(read.moves_rows);
}

TEST_F(ChangeJsonTest, StatesAreReadAsTheyWereWritten) {
  auto fragment = std::make_shared<Fragment>(*SampleFragment(1));
  auto deletes = std::make_shared<DeletionVector>();
  for (uint64_t i = 0; i < 100'000; i += 7) deletes->Add(i);
  fragment->deletes = deletes;
  fragment->deletes_version = Sequence(8);
  fragment->added_at = Sequence(2);
  base_.fragments.Put(fragment);
  base_.next_fragment_id = FragmentId(5);
  base_.next_row_id = RowId(70);
  base_.properties["a"] = "b";
  base_.partition_spec = PartitionSpecId(1);
  base_.live_row_count = fragment->live_count();
  const auto json = EncodeState(base_, deletions_);
  ASSERT_TRUE(json);
  // Too large for the text, so in a file, which a second manifest uses again.
  EXPECT_EQ(store_.List({.prefix = "t/deletes/"})->size(), 1);
  ASSERT_TRUE(EncodeState(base_, deletions_));
  EXPECT_EQ(store_.List({.prefix = "t/deletes/"})->size(), 1);
  DeletionFiles others(store_, SystemClock(), "t");
  DecodeStatus status;
  const Snapshot read = DecodeState(*ParseJson(*WriteJson(*json)), others, status);
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(TableCodec::Same(read, base_));
  ASSERT_TRUE(EncodeState(read, others));
  EXPECT_EQ(store_.List({.prefix = "t/deletes/"})->size(), 1);
}

TEST_F(ChangeJsonTest, RefusesHostileChanges) {
  base_.fragments.Put(SampleFragment(1));
  for (const std::string text : {
           R"({"added_fragments":[{"id":1}]})",
           R"({"added_fragments":{}})",
           R"({"added_fragments":[{"id":2,"path":"../../etc/x","row_count":1,"size_bytes":1,
               "schema":3,"first_row_id":0}]})",
           R"({"added_fragments":[{"id":2,"path":"/etc/x","row_count":1,"size_bytes":1,
               "schema":3,"first_row_id":0}]})",
           R"({"removed_fragments":["1"]})",
           R"({"removed_fragments":[-1]})",
           R"({"deleted_rows":[{"fragment":9,"cardinality":1,"vector":""}]})",
           R"({"deleted_rows":[{"fragment":1,"cardinality":1,"vector":"AAAA"}]})",
           R"({"deleted_rows":[{"fragment":1,"cardinality":1,"vector":"%%%"}]})",
           R"({"deleted_rows":[{"fragment":1,"cardinality":1,"file":"../x","size_bytes":1}]})",
           R"({"deleted_rows":[{"fragment":1,"cardinality":1,"file":"deletes/x","size_bytes":1}]})",
           R"({"schema":{"id":1,"fields":[{"id":1,"name":"a"}]},"last_field_id":1})",
           R"({"schema":{"id":1,"fields":[{"id":99999999999,"name":"a","type":"INTEGER"}]},
               "last_field_id":1})",
           R"({"schema":{"id":1,"fields":[{"id":1,"name":"a","type":{"kind":"tuple",
               "fields":[]}}]},"last_field_id":1})",
           R"({"added_inline":[{"first_position":0,"row_count":2,"schema":0,"first_row_id":0,
               "fields":[1],"rows":[[1]]}]})",
           R"({"properties":{"a":1}})",
           R"({"inline_floor":"x"})",
       }) {
    DecodeStatus status;
    DecodeChange(*ParseJson(text), base_, deletions_, status);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.Take().error().code(), ErrorCode::kCorruption) << text;
  }
}

TEST_F(ChangeJsonTest, RefusesToWriteRowsThatAreNoRows) {
  InlineBatch batch;
  batch.row_count = 1;
  for (const std::string rows : {"", "[1", "{}", "[[1],[2]]"}) {
    batch.rows = rows;
    ChangeSet change;
    change.added_inline = {std::make_shared<const InlineBatch>(batch)};
    const auto json = EncodeChange(change, deletions_);
    ASSERT_FALSE(json) << rows;
    EXPECT_EQ(json.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace icefall
