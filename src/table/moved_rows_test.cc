// Compactions that race with everything else: rows are followed by their ids.
#include "table/moved_rows.h"

#include <map>
#include <random>

#include "table/sample_table.h"

namespace icefall {
namespace {

using sample::Commit;

using RowIds = std::multiset<uint64_t>;

// A table whose data files are lists of row ids.
class Files {
 public:
  RowIdReader reader() {
    return [this](const Fragment& fragment, const RowIdVisitor& visit) -> Result<void> {
      ++reads_;
      const auto& ids = ids_.at(fragment.path);
      for (size_t i = 0; i < ids.size(); ++i) visit(i, RowId(ids[i]));
      return {};
    };
  }
  void Put(const std::string& path, std::vector<uint64_t> ids) { ids_[path] = std::move(ids); }
  uint64_t IdOf(const Fragment& fragment, uint64_t position) const {
    return fragment.has_row_ids ? ids_.at(fragment.path)[position]
                                : fragment.first_row_id.value + position;
  }
  int reads() const { return reads_; }

 private:
  std::map<std::string, std::vector<uint64_t>> ids_;
  int reads_ = 0;
};

uint64_t InlineIdOf(const InlineBatch& batch, uint64_t offset) {
  const bool is_moved = !batch.row_ids.empty() && batch.row_ids[offset].has_value();
  return is_moved ? batch.row_ids[offset]->value : batch.first_row_id.value + offset;
}

// Calls `visit(fragment or null, position, id)` for every live row.
template <typename Visit>
void ForEachLiveRow(const Snapshot& snapshot, const Files& files, Visit&& visit) {
  snapshot.fragments.ForEach([&](const FragmentPointer& fragment) {
    for (uint64_t i = 0; i < fragment->row_count; ++i) {
      if (fragment->deletes != nullptr && fragment->deletes->Contains(i)) continue;
      visit(fragment, i, files.IdOf(*fragment, i));
    }
  });
  const DeletionVector live = snapshot.inline_rows.LivePositions();
  for (const InlineBatchPointer& batch : snapshot.inline_rows.batches) {
    for (uint64_t i = 0; i < batch->row_count; ++i) {
      const uint64_t position = batch->first_position + i;
      if (live.Contains(position)) visit(nullptr, position, InlineIdOf(*batch, i));
    }
  }
}

RowIds LiveIds(const Snapshot& snapshot, const Files& files) {
  RowIds ids;
  ForEachLiveRow(snapshot, files,
                 [&](const FragmentPointer&, uint64_t, uint64_t id) { ids.insert(id); });
  return ids;
}

// Moves the rows of the fragments that `takes` wants, and the inline rows below `floor`, into files
// of at most `size` rows, shuffled as a sort would.
template <typename Takes>
ChangeSet Compact(const Snapshot& base, Files& files, const std::string& name,
                  std::optional<uint64_t> floor, size_t size, std::mt19937_64& random,
                  Takes&& takes) {
  ChangeSet change;
  change.moves_rows = true;
  std::vector<uint64_t> ids;
  ForEachLiveRow(base, files, [&](const FragmentPointer& fragment, uint64_t position, uint64_t id) {
    if (fragment != nullptr ? takes(*fragment) : floor.has_value() && position < *floor) {
      ids.push_back(id);
    }
  });
  base.fragments.ForEach([&](const FragmentPointer& fragment) {
    if (takes(*fragment)) change.removed_fragments.push_back(fragment->id);
  });
  std::ranges::shuffle(ids, random);
  change.inline_floor = floor;
  for (size_t begin = 0; begin < ids.size(); begin += size) {
    const size_t count = std::min(size, ids.size() - begin);
    auto fragment = sample::DataFile(base.next_fragment_id.value + change.added_fragments.size(),
                                     base.next_row_id.value + change.row_id_count, count);
    fragment->path = fmt::format("{}-{}", name, change.added_fragments.size());
    fragment->has_row_ids = true;
    change.row_id_count += count;
    files.Put(fragment->path, {ids.begin() + static_cast<std::ptrdiff_t>(begin),
                               ids.begin() + static_cast<std::ptrdiff_t>(begin + count)});
    change.added_fragments.push_back(std::move(fragment));
  }
  return change;
}

ChangeSet CompactAll(const Snapshot& base, Files& files, const std::string& name) {
  std::mt19937_64 random(7);
  return Compact(base, files, name, base.inline_rows.next_position, 9, random,
                 [](const Fragment&) { return true; });
}

class MovedRows : public testing::Test {
 protected:
  Snapshot Applied(const Snapshot& base, const ChangeSet& change) {
    auto next = Apply(base, change, Commit(base.sequence.value + 1));
    EXPECT_TRUE(next.has_value()) << next.error().message();
    return next.has_value() ? *next : base;
  }

  Files files_;
  Snapshot base_ = sample::Table();
};

TEST_F(MovedRows, ADeleteFollowsThem) {
  ChangeSet mine;
  mine.deleted_rows[FragmentId(1)] = sample::Rows({2, 3});
  mine.deleted_inline = sample::Rows({1});
  const ChangeSet theirs = CompactAll(base_, files_, "c");
  const Snapshot latest = Applied(base_, theirs);
  const auto rebased = Rebase(base_, mine, {{Sequence(2), &theirs}}, latest, files_.reader());
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  RowIds expected = LiveIds(base_, files_);
  for (const uint64_t id : {2, 3, 21}) expected.erase(id);
  EXPECT_EQ(LiveIds(Applied(latest, *rebased), files_), expected);
}

TEST_F(MovedRows, AMoveLeavesBehindWhatWasDeletedInTheMeantime) {
  const ChangeSet mine = CompactAll(base_, files_, "c");
  ChangeSet theirs;
  theirs.deleted_rows[FragmentId(1)] = sample::Rows({0});
  theirs.removed_fragments = {FragmentId(2)};
  theirs.deleted_inline = sample::Rows({3});
  const Snapshot latest = Applied(base_, theirs);
  const auto rebased = Rebase(base_, mine, {{Sequence(2), &theirs}}, latest, files_.reader());
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  const Snapshot merged = Applied(latest, *rebased);
  EXPECT_EQ(LiveIds(merged, files_), LiveIds(latest, files_));
  EXPECT_EQ(merged.fragments.Find(FragmentId(1)), nullptr);
  merged.fragments.ForEach([](const FragmentPointer& fragment) {
    EXPECT_EQ(fragment->deletes != nullptr, !fragment->statistics[0].lower_is_exact);
  });
}

TEST_F(MovedRows, ADeleteConflictsWithADeleteBeforeTheMove) {
  ChangeSet mine, first;
  mine.deleted_rows[FragmentId(1)] = sample::Rows({2});
  first.deleted_rows[FragmentId(1)] = sample::Rows({2});
  const Snapshot second = Applied(base_, first);
  const ChangeSet move = CompactAll(second, files_, "c");
  const auto rebased = Rebase(base_, mine, {{Sequence(2), &first}, {Sequence(3), &move}},
                              Applied(second, move), files_.reader());
  EXPECT_THAT(rebased, sample::FailsWith(ErrorCode::kConflict,
                                         "fragment data/1.parquet: row 2 (rowid 2) deleted by this "
                                         "transaction and by commit 2"));
}

TEST_F(MovedRows, ADeleteConflictsWithADeleteAfterTheMove) {
  const ChangeSet move = CompactAll(base_, files_, "c");
  const Snapshot moved = Applied(base_, move);
  ChangeSet mine, last;
  mine.deleted_rows[FragmentId(1)] = sample::Rows({2});
  moved.fragments.ForEach(
      [&](const FragmentPointer& f) { last.removed_fragments.push_back(f->id); });
  const auto rebased = Rebase(base_, mine, {{Sequence(2), &move}, {Sequence(3), &last}},
                              Applied(moved, last), files_.reader());
  ASSERT_FALSE(rebased.has_value());
  EXPECT_EQ(rebased.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(rebased.error().message(), testing::HasSubstr("commit 3 removed the fragment"));
}

TEST_F(MovedRows, ReadersAndSchemaChangesDoNotMindThem) {
  const ChangeSet theirs = CompactAll(base_, files_, "c");
  const Snapshot latest = Applied(base_, theirs);
  ChangeSet mine;
  mine.reads_whole_table = true;
  auto schema = sample::NextSchema(base_);
  schema->fields.pop_back();
  sample::SetSchema(mine, schema);
  EXPECT_TRUE(Rebase(base_, mine, {{Sequence(2), &theirs}}, latest, nullptr).has_value());
  EXPECT_EQ(files_.reads(), 0) << "nothing was deleted, so nothing had to be found";
  const Snapshot altered = Applied(base_, mine);
  const auto rebased = Rebase(base_, theirs, {{Sequence(2), &mine}}, altered, nullptr);
  ASSERT_TRUE(rebased.has_value()) << rebased.error().message();
  EXPECT_EQ(LiveIds(Applied(altered, *rebased), files_), LiveIds(base_, files_));
}

TEST_F(MovedRows, WithoutAReaderADeletedRowCannotBeFound) {
  ChangeSet mine;
  mine.deleted_rows[FragmentId(1)] = sample::Rows({2});
  const ChangeSet theirs = CompactAll(base_, files_, "c");
  const auto rebased =
      Rebase(base_, mine, {{Sequence(2), &theirs}}, Applied(base_, theirs), nullptr);
  ASSERT_FALSE(rebased.has_value());
  EXPECT_EQ(rebased.error().code(), ErrorCode::kConflict);
}

// Random users and compactions. A user's change is known by the ids that it deletes.
class Race {
 public:
  explicit Race(uint64_t seed) : random_(seed), seed_(seed) {}

  struct Made {
    ChangeSet change;
    std::set<uint64_t> deleted;  // ids of the base's rows that are gone, or have a new version
  };

  Made Make(const Snapshot& base) {
    switch (Below(4)) {
      case 0:
        return {Append(base), {}};
      case 1:
        return {Move(base), {}};
      default:
        return Delete(base);
    }
  }

  uint64_t Below(uint64_t end) { return random_() % end; }
  Files& files() { return files_; }

 private:
  std::string NewName() { return fmt::format("s{}n{}", seed_, ++names_); }

  ChangeSet Append(const Snapshot& base) {
    ChangeSet change;
    change.row_id_count = 1 + Below(6);
    if (Below(2) == 0) {
      change.added_fragments = {sample::DataFile(base.next_fragment_id.value,
                                                 base.next_row_id.value, change.row_id_count)};
    } else {
      change.added_inline = {sample::Batch(base.inline_rows.next_position, base.next_row_id.value,
                                           change.row_id_count)};
    }
    return change;
  }

  ChangeSet Move(const Snapshot& base) {
    std::set<FragmentId> taken;
    base.fragments.ForEach([&](const FragmentPointer& f) {
      if (Below(3) > 0) taken.insert(f->id);
    });
    std::optional<uint64_t> floor;
    if (Below(2) == 0) floor = base.inline_rows.next_position;
    return Compact(base, files_, NewName(), floor, 1 + Below(12), random_,
                   [&](const Fragment& f) { return taken.contains(f.id); });
  }

  // Deletes, or updates: then new versions travel inline under the old ids. Sometimes the inline
  // rows are flushed with it.
  Made Delete(const Snapshot& base) {
    Made made;
    const bool updates = Below(2) == 0;
    const uint64_t one_in = 1 + Below(5);
    std::vector<uint64_t> ids;
    std::map<FragmentId, DeletionVector> rows;
    ForEachLiveRow(base, files_, [&](const FragmentPointer& fragment, uint64_t i, uint64_t id) {
      if (Below(one_in) > 0 || Below(3) == 0) return;
      if (fragment == nullptr) {
        made.change.deleted_inline.Add(i);
      } else {
        rows[fragment->id].Add(i);
      }
      ids.push_back(id);
    });
    for (auto& [id, positions] : rows) {
      if (positions.cardinality() == base.fragments.Find(id)->live_count()) {
        made.change.removed_fragments.push_back(id);
      } else {
        made.change.deleted_rows.emplace(id, std::move(positions));
      }
    }
    made.deleted.insert(ids.begin(), ids.end());
    if (!updates || ids.empty()) return made;
    auto batch = sample::Batch(base.inline_rows.next_position, base.next_row_id.value, ids.size());
    for (const uint64_t id : ids) batch->row_ids.push_back(RowId(id));
    made.change.added_inline = {batch};
    made.change.row_id_count = ids.size();
    return made;
  }

  std::mt19937_64 random_;
  const uint64_t seed_;
  Files files_;
  int names_ = 0;
};

bool Share(const std::set<uint64_t>& a, const std::set<uint64_t>& b) {
  return std::ranges::any_of(a, [&](uint64_t id) { return b.contains(id); });
}

TEST(MovedRowsRace, UsersConflictOnlyOverRowsAndMovesNever) {
  int conflicts = 0, followed = 0, moves = 0;
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE(seed);
    Race race(seed);
    const Snapshot base = sample::Table();
    Snapshot latest = base;
    std::vector<ChangeSet> theirs(1 + race.Below(5));
    std::vector<std::pair<Sequence, const ChangeSet*>> commits;
    std::set<uint64_t> deleted;
    for (ChangeSet& change : theirs) {
      auto made = race.Make(latest);
      change = std::move(made.change);
      deleted.insert(made.deleted.begin(), made.deleted.end());
      const uint64_t sequence = latest.sequence.value + 1;
      const auto next = Apply(latest, change, Commit(sequence));
      ASSERT_TRUE(next.has_value()) << next.error().message();
      latest = *next;
      commits.emplace_back(Sequence(sequence), &change);
    }
    const auto mine = race.Make(base);
    const auto rebased = Rebase(base, mine.change, commits, latest, race.files().reader());
    ASSERT_EQ(rebased.has_value(), !Share(mine.deleted, deleted))
        << (rebased.has_value() ? "" : rebased.error().message());
    if (!rebased.has_value()) {
      EXPECT_EQ(rebased.error().code(), ErrorCode::kConflict);
      ++conflicts;
      continue;
    }
    const auto merged = Apply(latest, *rebased, Commit(latest.sequence.value + 1));
    ASSERT_TRUE(merged.has_value()) << merged.error().message();
    RowIds expected = LiveIds(latest, race.files());
    const auto mine_alone = Apply(base, mine.change, Commit(2));
    for (const uint64_t id : LiveIds(base, race.files())) {
      if (!LiveIds(*mine_alone, race.files()).contains(id)) expected.erase(id);
    }
    const RowIds found = LiveIds(*merged, race.files());
    const uint64_t added =
        mine.change.moves_rows || !mine.deleted.empty() ? 0 : mine.change.row_id_count;
    for (uint64_t i = 0; i < added; ++i) expected.insert(latest.next_row_id.value + i);
    ASSERT_EQ(found, expected);
    EXPECT_EQ(merged->live_row_count, expected.size());
    moves += mine.change.moves_rows ? 1 : 0;
    followed += !mine.deleted.empty() &&
                std::ranges::any_of(theirs, [](const ChangeSet& c) { return c.moves_rows; });
  }
  EXPECT_GT(conflicts, 100);
  EXPECT_GT(followed, 100);
  EXPECT_GT(moves, 100);
}

}  // namespace
}  // namespace icefall
