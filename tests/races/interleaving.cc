#include "tests/races/interleaving.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "index/index_file_writer.h"
#include "maintenance/check.h"
#include "maintenance/gc.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

using Reading = std::pair<RegisterKey, RegisterValue>;

constexpr uint64_t kRegisters = 3;
constexpr uint64_t kRounds = 3;  // transactions of a session

std::string KeyOf(const std::string& table, uint64_t key) {
  return fmt::format("{}/{}", table, key);
}

// The tests keep the store; the database must not delete it.
std::shared_ptr<ObjectStore> Lend(ObjectStore& store) {
  return {&store, [](ObjectStore*) {}};
}

}  // namespace

DatabaseOptions Interleaving::MakeOptions() {
  DatabaseOptions options;
  options.create_if_missing = true;
  // Small, so that there are manifests and several segments.
  options.manifest_interval_bytes = 1500;
  options.segment_size_bytes_max = 3000;
  options.clock = &clock_;
  options.read_row_ids = ReadRowIdsOf(store_);
  return options;
}

void Interleaving::Fail(const std::string& what, const Error& error) {
  failures_.push_back(
      fmt::format("{}: {}: {}", what, ErrorCodeName(error.code()), error.message()));
}

void Interleaving::Run() {
  scheduler_.Run({[this] { Setup(); }});
  std::vector<Session> sessions = {&Interleaving::Write, &Interleaving::Write, &Interleaving::Read,
                                   &Interleaving::CollectGarbageOf, &Interleaving::Maintain};
  const Session others[] = {&Interleaving::Write, &Interleaving::ReadThePast,
                            &Interleaving::Maintain, &Interleaving::Alter,
                            &Interleaving::CreateAndDrop};
  for (uint64_t i = scheduler_.Random(4); i > 0; --i) {
    sessions.push_back(others[scheduler_.Random(std::size(others))]);
  }
  std::vector<Scheduler::Body> bodies;
  for (size_t i = 0; i < sessions.size(); ++i) {
    bodies.push_back([this, i, session = sessions[i]] {
      for (uint64_t round = 0; round < kRounds; ++round) (this->*session)(i + 1);
    });
  }
  scheduler_.Run(bodies);
  scheduler_.Run({[this] { Finish(); }});
}

void Interleaving::Setup() {
  auto database = Database::Open(Lend(store_), MakeOptions());
  if (!database) return Fail("open", database.error());
  database_ = *std::move(database);
  Work work = Begin("setup", 0);
  const auto done = [&]() -> Result<void> {
    for (const std::string name : {"t0", "t1"}) {
      ICEFALL_RETURN_IF_ERROR(CreateTable(*work.transaction, name));
      ICEFALL_RETURN_IF_ERROR(ReadTable(work, name));
      TableView& table = work.tables.back();
      std::vector<NewRow> rows;
      for (uint64_t key = 0; key < kRegisters; ++key) {
        rows.push_back({key, NewValue(), {}});
        SetValue(work, table, key, rows.back().value);
      }
      ICEFALL_ASSIGN_OR_RETURN(
          auto change, ChangeRows(*work.transaction, store_, table.uuid, {}, rows, name == "t0"));
      ICEFALL_RETURN_IF_ERROR(work.transaction->Change(table.uuid, std::move(change)));
    }
    return {};
  }();
  End(std::move(work), done);
}

Interleaving::Work Interleaving::Begin(const std::string& kind, uint64_t session) {
  Work work;
  work.record.name = fmt::format("{}{}", kind, ++names_);
  work.record.session = session;
  work.record.begun = scheduler_.Tick();
  auto transaction = database_->Begin();
  if (!transaction) {
    Fail(work.record.name, transaction.error());
  } else {
    work.transaction = *std::move(transaction);
    work.transaction->SetIsolation(options_.isolation);
  }
  return work;
}

Result<void> Interleaving::ReadTable(Work& work, const std::string& name) {
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, work.transaction->Catalog());
  const auto object = catalog->Find(ObjectKind::kTable, {"main", name});
  if (!object) return icefall::Fail(ErrorCode::kNotFound, name + " is not there");
  TableView view{name, object->uuid, object->directory, {}, {}};
  work.transaction->RecordRead(view.uuid);
  ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer table, work.transaction->Table(view.uuid));
  ICEFALL_ASSIGN_OR_RETURN(view.rows, ReadRows(store_, view.directory, *table));
  view.next_row_id = table->next_row_id;
  std::set<uint64_t> keys;
  for (const StoredRow& row : view.rows) {
    if (!keys.insert(row.key).second) {
      return icefall::Fail(ErrorCode::kCorruption, fmt::format("{} has {} twice", name, row.key));
    }
    work.record.reads.emplace_back(KeyOf(name, row.key), row.value);
  }
  work.record.scans.push_back(name + "/");
  work.tables.push_back(std::move(view));
  return {};
}

void Interleaving::SetValue(Work& work, const TableView& table, uint64_t key,
                            const std::string& value) {
  const RegisterKey name = KeyOf(table.name, key);
  auto [known, is_new] = work.record.writes.emplace(name, value);
  if (is_new) return;
  work.record.replaced.push_back(known->second);
  known->second = value;
  // A row that came and went was never there.
  const bool was_there =
      std::ranges::find(work.record.reads, name, &Reading::first) != work.record.reads.end();
  if (value.empty() && !was_there) work.record.writes.erase(known);
}

// Some row of the table is updated or deleted, a row that is missing is inserted, or a new one is.
Result<void> Interleaving::WriteRows(Work& work, TableView& table) {
  const uint64_t key = OneIn(3) && !table.rows.empty()
                           ? table.rows[scheduler_.Random(table.rows.size())].key
                       : OneIn(3) ? ++keys_
                                  : scheduler_.Random(kRegisters);
  const auto found = std::ranges::find(table.rows, key, &StoredRow::key);
  std::vector<StoredRow> deleted;
  std::vector<NewRow> added;
  if (found != table.rows.end()) deleted.push_back(*found);
  // Two that insert a row that is gone would both be right, as there is no key to hold them off.
  const bool may_insert = found != table.rows.end() || key > 1000;
  if (may_insert && !(key > 1000 && OneIn(2) && !deleted.empty())) {
    added.push_back({key, NewValue(), {}});
    // The id of a row of this transaction is not known yet.
    if (!deleted.empty() && deleted.front().id < table.next_row_id && OneIn(2)) {
      added.back().id = deleted.front().id;
    }
  }
  if (deleted.empty() && added.empty()) return {};
  SetValue(work, table, key, added.empty() ? "" : added.front().value);
  ICEFALL_ASSIGN_OR_RETURN(
      auto change, ChangeRows(*work.transaction, store_, table.uuid, deleted, added, OneIn(3)));
  ICEFALL_RETURN_IF_ERROR(work.transaction->Change(table.uuid, std::move(change)));
  // As the transaction sees it now.
  ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer after, work.transaction->Table(table.uuid));
  ICEFALL_ASSIGN_OR_RETURN(table.rows, ReadRows(store_, table.directory, *after));
  return CheckOwnView(work);
}

// Everything that was read, as the transaction has changed it.
Result<void> Interleaving::CheckOwnView(Work& work) {
  for (const TableView& table : work.tables) {
    std::map<RegisterKey, RegisterValue> expected, found;
    for (const auto& [key, value] : work.record.reads) {
      if (key.starts_with(table.name + "/")) expected[key] = value;
    }
    for (const auto& [key, value] : work.record.writes) {
      if (!key.starts_with(table.name + "/")) continue;
      value.empty() ? void(expected.erase(key)) : void(expected[key] = value);
    }
    ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer now, work.transaction->Table(table.uuid));
    ICEFALL_ASSIGN_OR_RETURN(const auto rows, ReadRows(store_, table.directory, *now));
    for (const StoredRow& row : rows) found[KeyOf(table.name, row.key)] = row.value;
    if (found == expected) continue;
    return icefall::Fail(ErrorCode::kCorruption, table.name + " is not what it was made");
  }
  return {};
}

void Interleaving::Write(uint64_t session) {
  Work work = Begin("write", session);
  if (!work.transaction) return;
  const auto done = [&]() -> Result<void> {
    const std::string first = SomeTable(), second = first == "t0" ? "t1" : "t0";
    ICEFALL_RETURN_IF_ERROR(ReadTable(work, first));
    if (!OneIn(3)) ICEFALL_RETURN_IF_ERROR(ReadTable(work, second));
    for (TableView& table : work.tables) {
      if (&table != &work.tables.front() && OneIn(2)) continue;
      for (uint64_t i = 1 + scheduler_.Random(2); i > 0; --i) {
        ICEFALL_RETURN_IF_ERROR(WriteRows(work, table));
      }
    }
    return {};
  }();
  End(std::move(work), done);
}

void Interleaving::Read(uint64_t session) {
  Work work = Begin("read", session);
  if (!work.transaction) return;
  const auto done = [&]() -> Result<void> {
    ICEFALL_RETURN_IF_ERROR(ReadTable(work, "t0"));
    ICEFALL_RETURN_IF_ERROR(ReadTable(work, "t1"));
    // Whatever has become of the files since.
    return CheckOwnView(work);
  }();
  End(std::move(work), done);
}

void Interleaving::ReadThePast(uint64_t session) {
  std::vector<uint64_t> commits;
  for (const auto& transaction : history_) {
    if (transaction.commit) commits.push_back(*transaction.commit);
  }
  const uint64_t past = commits[scheduler_.Random(commits.size())];
  Work work;
  work.record.name = fmt::format("past{}", ++names_);
  work.record.session = session;
  work.record.begun = scheduler_.Tick();
  work.record.past = past;
  auto transaction = database_->BeginAt({.sequence = DatabaseSequence(past)});
  if (!transaction) return Fail(work.record.name, transaction.error());
  work.transaction = *std::move(transaction);
  for (const std::string name : {"t0", "t1"}) {
    const std::string uuid = UuidOf(*work.transaction, name);
    const auto table = work.transaction->Table(uuid);
    if (!table && table.error().code() == ErrorCode::kNotFound) continue;  // gc was there
    const auto read = table ? ReadTable(work, name) : icefall::Fail(table.error());
    if (!read) return Fail(work.record.name, read.error());
  }
  if (work.tables.empty()) return void(++counts_["past states that are gone"]);
  End(std::move(work), {});
}

Result<void> Interleaving::MoveRowsOf(Work& work, const std::string& name) {
  ICEFALL_RETURN_IF_ERROR(ReadTable(work, name));
  const TableView& table = work.tables.back();
  ICEFALL_ASSIGN_OR_RETURN(auto change,
                           MoveRows(*work.transaction, store_, table.uuid, table.rows, OneIn(2)));
  ICEFALL_RETURN_IF_ERROR(work.transaction->Change(table.uuid, std::move(change)));
  return CheckOwnView(work);
}

void Interleaving::Maintain(uint64_t session) {
  Work work = Begin("move", session);
  if (!work.transaction) return;
  work.transaction->SetIsolation(Isolation::kSnapshot);
  const auto done = MoveRowsOf(work, SomeTable());
  End(std::move(work), done);
}

void Interleaving::CollectGarbageOf(uint64_t) {
  const GcOptions options{.retain_snapshots = 1 + scheduler_.Random(3), .safe_age_micros = 0};
  const auto report = CollectGarbage(*database_, clock_, {"main", SomeTable()}, options);
  if (!report) return Fail("gc", report.error());
  ++counts_["collections"];
  counts_["files collected"] += report->deleted_files;
}

// Adds a column, or an index with its files.
Result<void> Interleaving::AlterTable(Work& work, const std::string& name) {
  ICEFALL_RETURN_IF_ERROR(ReadTable(work, name));
  const TableView& view = work.tables.back();
  ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer table, work.transaction->Table(view.uuid));
  auto schema = std::make_shared<Schema>(*table->schema);
  schema->id = schema->id.Next();
  ChangeSet change;
  change.operation = "alter";
  if (OneIn(2)) {
    Field field;
    field.name = "c" + std::to_string(++names_);
    field.type = Type::Primitive("VARCHAR");
    schema->fields.push_back(std::move(field));
    change.last_field_id = AssignFieldIds(*schema, table->last_field_id);
  } else {
    Constraint index;
    index.kind = Constraint::Kind::kIndex;
    index.name = "i" + std::to_string(++names_);
    index.fields = {schema->fields.front().id};
    Result<void> put;
    table->fragments.ForEach([&](const FragmentPointer& fragment) {
      const std::string file = fragment->path.substr(fragment->path.rfind('/') + 1);
      const std::string key = fmt::format("{}/indexes/{}/{}.idx", view.directory, index.name, file);
      if (!put) return;
      const auto done = store_.Put(key, IndexFileWriter(file).Finish(), PutCondition::Always());
      if (!done) put = icefall::Fail(done.error());
    });
    ICEFALL_RETURN_IF_ERROR(put);
    schema->constraints.push_back(std::move(index));
    change.last_field_id = table->last_field_id;
  }
  change.schema = std::move(schema);
  return work.transaction->Change(view.uuid, std::move(change));
}

void Interleaving::Alter(uint64_t session) {
  Work work = Begin("alter", session);
  if (!work.transaction) return;
  work.transaction->SetIsolation(Isolation::kSnapshot);
  const auto done = AlterTable(work, SomeTable());
  End(std::move(work), done);
}

// A table is made, or renamed, or dropped, together with a change of rows.
void Interleaving::CreateAndDrop(uint64_t session) {
  Work work = Begin("catalog", session);
  if (!work.transaction) return;
  const auto done = [&]() -> Result<void> {
    ICEFALL_RETURN_IF_ERROR(ReadTable(work, "t0"));
    const std::string name = "d" + std::to_string(session);
    if (const std::string uuid = UuidOf(*work.transaction, name); !uuid.empty()) {
      ICEFALL_RETURN_IF_ERROR(work.transaction->DropObject(uuid));
    } else {
      ICEFALL_RETURN_IF_ERROR(CreateTable(*work.transaction, name));
      ICEFALL_RETURN_IF_ERROR(Insert(*work.transaction, name, 1));
    }
    return WriteRows(work, work.tables.front());
  }();
  End(std::move(work), done);
}

void Interleaving::End(Work work, const Result<void>& done) {
  std::string kind = work.record.name;
  while (!kind.empty() && kind.back() >= '0' && kind.back() <= '9') kind.pop_back();
  if (!done) {
    // Nothing but a commit can lose a race.
    Fail(work.record.name, done.error());
    work.transaction->Rollback();
  } else if (kind == "write" && OneIn(8)) {
    work.transaction->Rollback();
    ++counts_[kind + " rolled back"];
  } else if (work.record.past) {
    ++counts_[kind];
  } else {
    const auto outcome = work.transaction->Commit();
    if (!outcome && outcome.error().code() != ErrorCode::kConflict) {
      Fail(work.record.name, outcome.error());
    }
    ++counts_[outcome ? kind : kind + " conflicted"];
    if (outcome && !outcome->tables.empty()) {
      work.record.commit = outcome->database_sequence.value;
    }
  }
  work.transaction.reset();
  work.record.ended = scheduler_.Tick();
  history_.push_back(std::move(work.record));
}

void Interleaving::CheckTables() {
  const auto reader = MakeTextFileReader(store_);
  for (const std::string name : {"t0", "t1"}) {
    const auto report = CheckTable(*database_, {"main", name}, *reader, {.data = true});
    if (!report) return Fail("check", report.error());
    for (const Finding& finding : report->findings) {
      if (finding.severity == Severity::kInfo) continue;
      failures_.push_back(fmt::format("check: {}: {}", finding.code, finding.message));
    }
  }
}

// When nobody runs any more, gc leaves what the newest states need.
void Interleaving::CheckThatNothingIsLeftOver() {
  for (const std::string name : {"t0", "t1"}) {
    const auto report = CollectGarbage(*database_, clock_, {"main", name},
                                       {.retain_snapshots = 1, .safe_age_micros = 0});
    if (!report) return Fail("last gc", report.error());
    std::set<ObjectKey> needed, found;
    const auto transaction = *database_->Begin();
    const auto table = *transaction->Table(UuidOf(*transaction, name));
    table->fragments.ForEach(
        [&](const FragmentPointer& fragment) { needed.insert(name + "/" + fragment->path); });
    const auto listed = store_.List({.prefix = name + "/data/"});
    for (const ObjectInfo& info : *listed) found.insert(info.key);
    if (found != needed) {
      failures_.push_back(
          fmt::format("{} needs {} files, and has {}", name, needed.size(), found.size()));
    }
  }
}

void Interleaving::Finish() {
  Read(0);
  CheckTables();
  // Everything that is remembered is read from the store again.
  database_.reset();
  auto again = Database::Open(Lend(store_), MakeOptions());
  if (!again) return Fail("open again", again.error());
  database_ = *std::move(again);
  Read(0);
  CheckThatNothingIsLeftOver();
  Read(0);
  CheckTables();
  database_.reset();
}

}  // namespace icefall
