// Every statement that changes something meets a full disk, or a directory that may not be written
// any more, at each store call in turn. The same session goes on: the tables are as they were, or
// as they should be, the next statements work, and nothing is left that gc does not find.
#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/check.h"
#include "maintenance/gc.h"
#include "sql/maintenance/parquet_reader.h"
#include "store/fault_store.h"
#include "tests/crash/statements.h"

namespace icefall {
namespace {

class StatementFaultsTest : public testing::Test {
 protected:
  // A database in which nothing has happened yet, open in a session.
  struct Subject {
    TemporaryDirectory directory;
    std::unique_ptr<LocalStore> base;
    std::shared_ptr<FaultStore> store;
    std::unique_ptr<StatementSession> session;
  };

  std::unique_ptr<Subject> Start(const Operation& operation) const {
    auto subject = std::make_unique<Subject>();
    std::filesystem::copy(original_.path(), subject->directory.path(),
                          std::filesystem::copy_options::recursive);
    subject->base = *LocalStore::Open(subject->directory.path());
    subject->store = std::make_shared<FaultStore>(*subject->base);
    subject->session = std::make_unique<StatementSession>(subject->store, operation.options);
    return subject;
  }

  // Of each object its name, and of a table its columns, constraints and number of rows; without
  // table z, into which every round inserts.
  static std::vector<std::string> Describe(const TemporaryDirectory& directory) {
    const auto database = *Database::Open(directory.path(), {.read_only = true});
    const auto transaction = *database->Begin();
    const auto names = *transaction->Catalog();
    std::vector<std::string> found;
    names->ForEach([&](const CatalogObjectPointer& object) {
      if (object->name.name == "z") return;
      std::string text = fmt::format("{}.{}", object->name.schema, object->name.name);
      if (object->kind == ObjectKind::kTable) {
        const SnapshotPointer table = *transaction->Table(object->uuid);
        text += fmt::format(" {}", table->live_row_count);
        for (const Field& field : table->schema->fields) {
          text += fmt::format(" {}:{}", field.name, ToSql(field.type));
        }
        for (const Constraint& constraint : table->schema->constraints) text += constraint.name;
      }
      found.push_back(std::move(text));
    });
    return found;
  }

  void ExpectClean(const TemporaryDirectory& directory, bool data) const {
    const auto database = *Database::Open(directory.path(), {});
    const auto names = *(*database->Begin())->Catalog();
    for (const auto& object : names->Tables()) {
      const auto report = CheckTable(*database, object->name, *reader_, {.data = data});
      ICEFALL_ASSERT_OK(report);
      for (const Finding& finding : report->findings) {
        ASSERT_NE(finding.severity, Severity::kError) << finding.code << ": " << finding.message;
      }
    }
  }

  // Once old enough, files that no commit names are deleted, and no others.
  static void ExpectNothingLeftBehind(const TemporaryDirectory& directory) {
    const auto database = *Database::Open(directory.path(), {});
    const auto names = *(*database->Begin())->Catalog();
    for (const auto& object : names->Tables()) {
      ICEFALL_ASSERT_OK(CollectGarbage(*database, SystemClock(), object->name,
                                       {.retain_snapshots = 1, .safe_age_micros = 0}));
      const auto transaction = *database->Begin();
      std::set<std::string> needed, found;
      (*transaction->Table(object->uuid))->fragments.ForEach([&](const FragmentPointer& fragment) {
        needed.insert(object->directory + "/" + fragment->path);
      });
      const auto listed = *database->store().List({.prefix = object->directory + "/data/"});
      for (const ObjectInfo& info : listed) found.insert(info.key);
      ASSERT_EQ(found, needed);
    }
  }

  uint64_t FailAtEachCall(const Operation& operation) const;

  void SetUp() override { FillForStatements(original_.path()); }

  const TemporaryDirectory original_;
  std::unique_ptr<DataFileReader> reader_ = *MakeParquetReader();
};

// Answers how many calls there were to fail at.
uint64_t StatementFaultsTest::FailAtEachCall(const Operation& operation) const {
  const auto before = Describe(original_);
  const auto undisturbed = Start(operation);
  undisturbed->session->Run(operation.sql);
  const auto after = Describe(undisturbed->directory);
  auto subject = Start(operation);
  // One of the two faults at each call, unless there is time for both.
  const uint64_t codes = std::getenv("ICEFALL_EVERY_FAULT") == nullptr ? 1 : 2;
  for (uint64_t step = 0;; ++step) {
    const uint64_t call = 1 + step / codes;
    const ErrorCode code =
        step % 2 == 0 ? ErrorCode::kResourceExhausted : ErrorCode::kPermissionDenied;
    subject->store->ResetCounts();
    subject->store->SetPlan(FaultAtCall(call, Fault::FailBefore(code)));
    const std::string error = subject->session->Try(operation.sql);
    const bool reached = subject->store->CallCount() >= call;
    subject->store->SetPlan(nullptr);
    SCOPED_TRACE(testing::Message() << operation.name << ": " << ErrorCodeName(code) << " at call "
                                    << call << ", told: " << error);
    EXPECT_TRUE(reached || error.empty());
    subject->session->Run("INSERT INTO z VALUES (1, 'next')");
    const auto found = Describe(subject->directory);
    if (error.empty()) {
      EXPECT_EQ(found, after);
    } else {
      EXPECT_THAT(found, testing::AnyOf(before, after));
    }
    // What moves rows shows nowhere here, and would have more to do each time.
    if (found == before && before != after && reached && !HasFailure()) continue;
    ExpectClean(subject->directory, !reached);
    subject->session.reset();
    ExpectNothingLeftBehind(subject->directory);
    if (!reached || HasFailure()) return call - 1;
    subject = Start(operation);
  }
}

TEST_F(StatementFaultsTest, LeaveTheOldVersionOrTheNewOne) {
  uint64_t calls = 0;
  for (const Operation& operation : kOperations) {
    const uint64_t own = FailAtEachCall(operation);
    if (HasFailure()) return;
    RecordProperty(operation.name, static_cast<int>(own));
    calls += own;
  }
  RecordProperty("calls", static_cast<int>(calls));
}

}  // namespace
}  // namespace icefall
