// Every pair of operations on one table: which of them two commits may do at the same time.
#include <functional>
#include <map>

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Commit;
using sample::Rows;

constexpr uint64_t kMine = 0, kTheirs = 1;

struct Operation {
  const char* name;
  // `side` makes settings differ, and names what is added.
  std::function<ChangeSet(const Snapshot& base, uint64_t side)> make;
  std::set<std::string> conflicts_with;
};

FragmentPointer NewFile(uint64_t side, uint64_t row_count) {
  auto fragment = sample::DataFile(3, 24, row_count);
  fragment->path = side == kMine ? "data/mine.parquet" : "data/theirs.parquet";
  return fragment;
}

ChangeSet Append(const Snapshot&, uint64_t side) {
  ChangeSet change;
  change.added_fragments = {NewFile(side, 5)};
  change.row_id_count = 5;
  return change;
}

ChangeSet InlineAppend(const Snapshot&, uint64_t side) {
  ChangeSet change;
  auto batch = sample::Batch(4, 24, 2);
  batch->rows = side == kMine ? "mine" : "theirs";
  change.added_inline = {batch};
  change.row_id_count = 2;
  return change;
}

ChangeSet Delete(DeletionVector rows) {
  ChangeSet change;
  change.deleted_rows[FragmentId(1)] = std::move(rows);
  return change;
}

ChangeSet InlineDelete(const Snapshot&, uint64_t) {
  ChangeSet change;
  change.deleted_inline = Rows({1});
  return change;
}

ChangeSet RemoveFragment(const Snapshot&, uint64_t) {
  ChangeSet change;
  change.removed_fragments = {FragmentId(1)};
  return change;
}

// The rows keep their ids, which the file stores.
ChangeSet Flush(const Snapshot&, uint64_t side) {
  ChangeSet change;
  auto fragment = std::make_shared<Fragment>(*NewFile(side, 4));
  fragment->has_row_ids = true;
  change.added_fragments = {fragment};
  change.inline_floor = 4;
  return change;
}

ChangeSet Truncate(const Snapshot&, uint64_t) {
  ChangeSet change;
  change.removed_fragments = {FragmentId(1), FragmentId(2)};
  change.inline_floor = 4;
  return change;
}

ChangeSet Alter(const Snapshot& base, const std::function<void(Schema&)>& edit) {
  auto schema = sample::NextSchema(base);
  edit(*schema);
  ChangeSet change;
  sample::SetSchema(change, schema);
  return change;
}

ChangeSet SetProperty(const char* key, uint64_t side) {
  ChangeSet change;
  change.properties[key] = std::to_string(side);
  return change;
}

ChangeSet SetPartitionSpec(const Snapshot&, uint64_t side) {
  ChangeSet change;
  change.partition_spec.emplace();
  change.partition_spec->id = PartitionSpecId(1);
  change.partition_spec->fields = {{FieldId(1), side == kMine ? "bucket[2]" : "identity", "p"}};
  return change;
}

ChangeSet SetSortOrder(const Snapshot&, uint64_t side) {
  ChangeSet change;
  change.sort_order = SortOrder{{{"\"id\"", side == kMine, false}}};
  return change;
}

const std::set<std::string> kAddsRows = {"append", "inline append", "flush"};
const std::set<std::string> kChangesSchema = {"add column", "drop column",  "rename column",
                                              "retype",     "set not null", "add check"};
const std::set<std::string> kChangesLayout = {"partition spec", "sort order"};
const std::set<std::string> kTightens = {"drop column", "retype", "set not null", "add check"};
const std::set<std::string> kChangesNames = {"drop column", "rename column", "retype"};

std::set<std::string> Union(std::initializer_list<std::set<std::string>> sets) {
  std::set<std::string> all;
  for (const auto& set : sets) all.insert(set.begin(), set.end());
  return all;
}

const std::vector<Operation>& Operations() {
  static const std::vector<Operation> kOperations = {
      {"append", Append, kTightens},
      {"inline append", InlineAppend, kTightens},
      {"delete rows",
       [](const Snapshot&, uint64_t) {
         return Delete(Rows({2, 3}));
       },
       {"delete rows", "remove fragment", "truncate"}},
      {"delete other rows",
       [](const Snapshot&, uint64_t) { return Delete(Rows({5})); },
       {"delete other rows", "remove fragment", "truncate"}},
      {"inline delete", InlineDelete, {"inline delete", "flush", "truncate"}},
      {"remove fragment",
       RemoveFragment,
       {"delete rows", "delete other rows", "remove fragment", "truncate"}},
      {"flush", Flush, Union({kTightens, {"inline delete", "flush", "truncate"}})},
      {"truncate",
       Truncate,
       {"delete rows", "delete other rows", "inline delete", "remove fragment", "flush",
        "truncate"}},
      {"add column",
       [](const Snapshot& base, uint64_t) {
         return Alter(base, [](Schema& s) { s.fields.push_back(sample::Column(3, "x", "DATE")); });
       },
       kChangesSchema},
      {"drop column",
       [](const Snapshot& base, uint64_t) {
         return Alter(base, [](Schema& s) { s.fields.pop_back(); });
       },
       Union({kChangesSchema, kAddsRows, kChangesLayout})},
      {"rename column",
       [](const Snapshot& base, uint64_t) {
         return Alter(base, [](Schema& s) { s.fields[1].name = "title"; });
       },
       Union({kChangesSchema, kChangesLayout})},
      {"retype",
       [](const Snapshot& base, uint64_t) {
         return Alter(base, [](Schema& s) { s.fields[1].type.name = "BLOB"; });
       },
       Union({kChangesSchema, kAddsRows, kChangesLayout})},
      {"set not null",
       [](const Snapshot& base, uint64_t) {
         return Alter(base, [](Schema& s) { s.fields[1].required = true; });
       },
       Union({kChangesSchema, kAddsRows})},
      {"add check",
       [](const Snapshot& base, uint64_t) {
         return Alter(base, [](Schema& s) {
           s.constraints.push_back({Constraint::Kind::kCheck, "positive", "id > 0", {}});
         });
       },
       Union({kChangesSchema, kAddsRows})},
      {"property",
       [](const Snapshot&, uint64_t side) { return SetProperty("color", side); },
       {"property"}},
      {"other property",
       [](const Snapshot&, uint64_t side) { return SetProperty("size", side); },
       {"other property"}},
      {"partition spec", SetPartitionSpec, Union({{"partition spec"}, kChangesNames})},
      {"sort order", SetSortOrder, Union({{"sort order"}, kChangesNames})},
  };
  return kOperations;
}

// What `mine` did to the base's rows must happen to `latest`'s, whatever theirs did.
std::set<std::string> ExpectedRows(const Snapshot& base, const Snapshot& with_mine,
                                   const Snapshot& with_theirs) {
  const auto before = sample::LiveRows(base);
  const auto mine = sample::LiveRows(with_mine);
  auto rows = sample::LiveRows(with_theirs);
  for (const auto& row : before) {
    if (!mine.contains(row)) rows.erase(row);
  }
  for (const auto& row : mine) {
    if (!before.contains(row)) rows.insert(row);
  }
  return rows;
}

void CheckPair(const Operation& mine, const Operation& theirs) {
  SCOPED_TRACE(std::string(mine.name) + " against " + theirs.name);
  const Snapshot base = sample::Table();
  const ChangeSet my_change = mine.make(base, kMine);
  const ChangeSet their_change = theirs.make(base, kTheirs);
  const auto with_mine = Apply(base, my_change, Commit(2));
  const auto latest = Apply(base, their_change, Commit(2));
  ASSERT_TRUE(with_mine.has_value()) << with_mine.error().message();
  ASSERT_TRUE(latest.has_value()) << latest.error().message();
  const auto rebased = Rebase(base, my_change, {{Sequence(2), &their_change}}, *latest);
  if (mine.conflicts_with.contains(theirs.name)) {
    ASSERT_FALSE(rebased.has_value());
    EXPECT_EQ(rebased.error().code(), ErrorCode::kConflict);
    EXPECT_THAT(rebased.error().message(), testing::HasSubstr("commit 2"));
    EXPECT_THAT(rebased.error().message(), testing::HasSubstr("this transaction"));
    return;
  }
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  const auto merged = Apply(*latest, *rebased, Commit(3));
  ASSERT_TRUE(merged.has_value()) << merged.error().message();
  const auto expected = ExpectedRows(base, *with_mine, *latest);
  EXPECT_EQ(sample::LiveRows(*merged), expected);
  EXPECT_EQ(merged->live_row_count, expected.size());
  EXPECT_EQ(merged->schema, my_change.schema != nullptr ? my_change.schema : latest->schema);
}

TEST(RebasePairs, ConflictExactlyWhereTheyMust) {
  for (const Operation& mine : Operations()) {
    for (const Operation& theirs : Operations()) CheckPair(mine, theirs);
  }
}

TEST(RebasePairs, AreSymmetric) {
  std::map<std::string, std::set<std::string>> conflicts;
  for (const Operation& operation : Operations()) {
    conflicts[operation.name] = operation.conflicts_with;
  }
  ASSERT_EQ(conflicts.size(), 18u);
  for (const auto& [name, others] : conflicts) {
    for (const auto& other : others) {
      ASSERT_TRUE(conflicts.contains(other)) << other;
      EXPECT_TRUE(conflicts[other].contains(name)) << name << " and " << other;
    }
  }
}

TEST(RebasePairs, OfReadersConflictWithWhatChangesRowsOrSchema) {
  const std::set<std::string> harmless = {"property", "other property", "partition spec",
                                          "sort order"};
  for (const Operation& theirs : Operations()) {
    SCOPED_TRACE(theirs.name);
    const Snapshot base = sample::Table();
    const ChangeSet their_change = theirs.make(base, kTheirs);
    const auto latest = Apply(base, their_change, Commit(2));
    ASSERT_TRUE(latest.has_value());
    ChangeSet mine;
    mine.reads_whole_table = true;
    const auto rebased = Rebase(base, mine, {{Sequence(2), &their_change}}, *latest);
    if (harmless.contains(theirs.name)) {
      EXPECT_TRUE(rebased.has_value());
    } else {
      EXPECT_THAT(rebased, sample::FailsWith(ErrorCode::kConflict,
                                             "this transaction read the table at commit 1 "
                                             "(serializable), and commit 2 has changed it since"));
    }
  }
}

}  // namespace
}  // namespace icefall
