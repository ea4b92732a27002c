// Changes that do not fit their base: each is refused as corruption, by its own message.
#include <functional>
#include <limits>

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Batch;
using sample::Commit;
using sample::DataFile;
using sample::FailsWith;
using sample::Rows;

struct Refusal {
  std::function<void(ChangeSet&)> change;
  const char* message;
};

void ExpectRefused(const Refusal& refusal) {
  ChangeSet change;
  refusal.change(change);
  EXPECT_THAT(Apply(sample::Table(), change, Commit(2)),
              FailsWith(ErrorCode::kCorruption, refusal.message));
}

std::shared_ptr<const DeletionVector> Deleted(uint64_t position) {
  return std::make_shared<const DeletionVector>(Rows({position}));
}

TEST(ApplyRefuses, AddedFragmentsThatDoNotFit) {
  const auto add = [](std::function<void(Fragment&)> spoil) {
    return [spoil](ChangeSet& c) {
      auto fragment = DataFile(3, 24, 5);
      spoil(*fragment);
      c.added_fragments = {fragment};
      c.row_id_count = 5;
    };
  };
  const Refusal refusals[] = {
      {add([](Fragment& f) { f.id = FragmentId(2); }),
       "fragment 2 (data/3.parquet): expected an id of 3 or above"},
      {add([](Fragment& f) { f.id = FragmentId(std::numeric_limits<uint64_t>::max()); }),
       "fragment 18446744073709551615 (data/3.parquet): expected an id of 3 or above"},
      {[](ChangeSet& c) {
         c.added_fragments = {DataFile(4, 24, 5), DataFile(4, 29, 5)};
         c.row_id_count = 10;
       },
       "fragment 4 (data/4.parquet): expected an id of 5 or above"},
      {add([](Fragment& f) { f.schema = SchemaId(2); }),
       "fragment 3 (data/3.parquet): the table has no schema 2"},
      {add([](Fragment& f) { f.partition_spec = PartitionSpecId(1); }),
       "fragment 3 (data/3.parquet): the table has no partition spec 1"},
      {add([](Fragment& f) { f.partition_values = {"a"}; }),
       "fragment 3 (data/3.parquet): expected 0 partition values, found 1"},
      {add([](Fragment& f) { f.deletes = Deleted(5); }),
       "fragment 3 (data/3.parquet): holds 5 rows, but a deleted position is past them"},
  };
  for (const Refusal& refusal : refusals) ExpectRefused(refusal);
}

TEST(ApplyRefuses, RowIdsThatAreNotReserved) {
  const auto add = [](std::shared_ptr<Fragment> fragment) {
    return [fragment](ChangeSet& c) {
      c.added_fragments = {fragment};
      c.row_id_count = 5;
    };
  };
  const Refusal refusals[] = {
      {add(DataFile(3, 25, 5)),
       "fragment 3 (data/3.parquet): expected 5 row ids below 24, or from there below 29, found "
       "them from 25 on"},
      {add(DataFile(3, 22, 5)),
       "fragment 3 (data/3.parquet): expected 5 row ids below 24, or from there below 29, found "
       "them from 22 on"},
      {add(DataFile(3, std::numeric_limits<uint64_t>::max(), 5)),
       "fragment 3 (data/3.parquet): expected 5 row ids below 24, or from there below 29, found "
       "them from 18446744073709551615 on"},
      {[](ChangeSet& c) { c.row_id_count = std::numeric_limits<uint64_t>::max(); },
       "18446744073709551615 row ids from 24 on pass the largest id"},
      {[](ChangeSet& c) {
         c.added_fragments = {DataFile(3, 24, 5)};
         c.added_inline = {Batch(4, 28, 1)};
         c.row_id_count = 5;
       },
       "row id 28 is given to two added rows"},
      {[](ChangeSet& c) {
         auto batch = Batch(4, 24, 2);
         batch->row_ids = {std::nullopt, RowId(24)};
         c.added_inline = {batch};
         c.added_fragments = {DataFile(3, 24, 1)};
         c.row_id_count = 5;
       },
       "row id 24 is given to two added rows"},
      {[](ChangeSet& c) {
         auto batch = Batch(4, 24, 1);
         batch->row_ids = {RowId(25)};
         c.added_inline = {batch};
         c.row_id_count = 1;
       },
       "inline rows from position 4: expected 1 row ids below 24, or from there below 25, found "
       "them from 25 on"},
  };
  for (const Refusal& refusal : refusals) ExpectRefused(refusal);
}

// Rows that moved bring their ids: whole files below the reserve, single ones stored in the file.
TEST(ApplyRefuses, NoRowIdsOfMovedRows) {
  ChangeSet change;
  auto stored = DataFile(4, 24, 5);
  stored->has_row_ids = true;
  change.removed_fragments = {FragmentId(1), FragmentId(2)};
  change.added_fragments = {DataFile(3, 0, 10), stored};
  EXPECT_TRUE(Apply(sample::Table(), change, Commit(2)).has_value());
}

TEST(ApplyRefuses, RemovalsAndDeletesThatDoNotFit) {
  const Refusal refusals[] = {
      {[](ChangeSet& c) { c.removed_fragments = {FragmentId(9)}; },
       "fragment 9: removed, but the table has none with this id"},
      {[](ChangeSet& c) {
         c.removed_fragments = {FragmentId(2), FragmentId(1)};
       },
       "removed fragments 2 and 1: expected ascending ids"},
      {[](ChangeSet& c) {
         c.removed_fragments = {FragmentId(1), FragmentId(1)};
       },
       "removed fragments 1 and 1: expected ascending ids"},
      {[](ChangeSet& c) {
         c.removed_fragments = {FragmentId(1)};
         c.deleted_rows[FragmentId(1)] = Rows({1});
       },
       "fragment 1 (data/1.parquet): removed, and rows deleted from it by the same change"},
      {[](ChangeSet& c) {
         c.deleted_rows[FragmentId(9)] = Rows({1, 2});
       },
       "fragment 9: rows 1, 2 deleted, but the table has none with this id"},
      {[](ChangeSet& c) { c.deleted_rows[FragmentId(1)] = Rows({}); },
       "fragment 1 (data/1.parquet): expected deleted rows, found none"},
      {[](ChangeSet& c) {
         c.deleted_rows[FragmentId(1)] = Rows({9, 10});
       },
       "fragment 1 (data/1.parquet): row 10 deleted, but it holds 10 rows"},
      {[](ChangeSet& c) { c.new_statistics[FragmentId(1)] = {}; },
       "fragment 1: new statistics without deleted rows"},
  };
  for (const Refusal& refusal : refusals) ExpectRefused(refusal);
}

TEST(ApplyRefuses, DeletingTwice) {
  ChangeSet change;
  change.deleted_rows[FragmentId(1)] = Rows({4, 5});
  change.deleted_inline = Rows({2});
  const auto base = Apply(sample::Table(), change, Commit(2));
  ASSERT_TRUE(base.has_value());
  change.deleted_inline = DeletionVector();
  change.deleted_rows[FragmentId(1)] = Rows({5, 6});
  EXPECT_THAT(
      Apply(*base, change, Commit(3)),
      FailsWith(ErrorCode::kCorruption, "fragment 1 (data/1.parquet): row 5 deleted twice"));
  ChangeSet inline_change;
  inline_change.deleted_inline = Rows({2, 3});
  EXPECT_THAT(Apply(*base, inline_change, Commit(3)),
              FailsWith(ErrorCode::kCorruption, "inline row 2: deleted twice"));
}

TEST(ApplyRefuses, InlineRowsThatDoNotFit) {
  const auto add = [](std::function<void(InlineBatch&)> spoil) {
    return [spoil](ChangeSet& c) {
      auto batch = Batch(4, 24, 2);
      spoil(*batch);
      c.added_inline = {batch};
      c.row_id_count = 2;
    };
  };
  const Refusal refusals[] = {
      {add([](InlineBatch& b) { b.first_position = 3; }),
       "inline rows from position 3: expected position 4 or above"},
      {add([](InlineBatch& b) { b.row_count = 0; }),
       "inline rows from position 4: 0 rows do not fit there"},
      {add([](InlineBatch& b) { b.row_count = std::numeric_limits<uint64_t>::max(); }),
       "inline rows from position 4: 18446744073709551615 rows do not fit there"},
      {add([](InlineBatch& b) { b.schema = SchemaId(7); }),
       "inline rows from position 4: the table has no schema 7"},
      {add([](InlineBatch& b) { b.row_ids = {RowId(1)}; }),
       "inline rows from position 4: expected 2 row ids, found 1"},
      {[](ChangeSet& c) {
         c.deleted_inline = Rows({3, 4});
       },
       "inline row 4: deleted, but not there; positions go from 0 to 4"},
      {[](ChangeSet& c) { c.inline_floor = 5; }, "inline floor: expected 0 to 4, found 5"},
  };
  for (const Refusal& refusal : refusals) ExpectRefused(refusal);
}

TEST(ApplyRefuses, InlineRowsBelowTheFloor) {
  ChangeSet flush;
  flush.inline_floor = 3;
  const auto base = Apply(sample::Table(), flush, Commit(2));
  ASSERT_TRUE(base.has_value());
  ChangeSet change;
  change.deleted_inline = Rows({2, 3});
  EXPECT_THAT(Apply(*base, change, Commit(3)),
              FailsWith(ErrorCode::kCorruption,
                        "inline row 2: deleted, but not there; positions go from 3 to 4"));
  flush.inline_floor = 2;
  EXPECT_THAT(Apply(*base, flush, Commit(3)),
              FailsWith(ErrorCode::kCorruption, "inline floor: expected 3 to 4, found 2"));
}

TEST(ApplyRefuses, SchemasAndSpecsThatDoNotFit) {
  const auto alter = [](std::function<void(Schema&)> spoil) {
    return [spoil](ChangeSet& c) {
      auto schema = sample::NextSchema(sample::Table());
      spoil(*schema);
      sample::SetSchema(c, schema);
    };
  };
  const auto other = [](uint32_t id) {
    return [id](ChangeSet& c) {
      auto schema = std::make_shared<Schema>();
      schema->id = SchemaId(id);
      sample::SetSchema(c, sample::NextSchema(sample::Table()));
      c.other_schemas = {schema};
    };
  };
  const Refusal refusals[] = {
      {alter([](Schema& s) { s.id = SchemaId(1); }), "schema 1: expected an id above 1"},
      {alter([](Schema& s) { s.fields[0].name = ""; }),
       "schema 2: field 1 in '': expected a name, found none"},
      {[](ChangeSet& c) {
         auto schema = sample::NextSchema(sample::Table());
         schema->fields.push_back(sample::Column(3, "new", "DATE"));
         c.schema = schema;
         c.last_field_id = FieldId(2);
       },
       "schema 2: expected a last field id of at least 3, found 2"},
      {[](ChangeSet& c) {
         auto schema = sample::NextSchema(sample::Table());
         schema->fields.pop_back();
         c.schema = schema;
         c.last_field_id = FieldId(1);
       },
       "schema 2: expected a last field id of at least 2, found 1"},
      {other(2), "schema 2: expected an id below the current 2"},
      {other(1), "schema 1: the table has another with this id"},
      {[](ChangeSet& c) {
         c.partition_spec = PartitionSpec();
         c.partition_spec->fields = {{FieldId(1), "identity", "id"}};
       },
       "partition spec 0: the table has another with this id"},
  };
  for (const Refusal& refusal : refusals) ExpectRefused(refusal);
}

}  // namespace
}  // namespace icefall
