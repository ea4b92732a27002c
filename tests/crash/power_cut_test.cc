// Every statement is cut off at every state of the disk that a power cut could leave. Reopened, the
// database is the old version or the new one, the new one once it was acknowledged; it checks
// clean, and takes the next commit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "maintenance/check.h"
#include "sql/maintenance/parquet_reader.h"
#include "tests/crash/power_cut_states.h"
#include "tests/crash/statements.h"

namespace icefall {
namespace {

class PowerCutTest : public testing::TestWithParam<Operation> {
 protected:
  // What store calls and Persist made durable; the lock file is no part of it.
  static StoredFiles ReadFiles(const std::string& path) {
    StoredFiles files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      const auto key = std::filesystem::relative(entry.path(), path).string();
      if (entry.is_regular_file() && key != kLockKey) files[key] = ReadWholeFile(entry.path());
    }
    return files;
  }

  static void WriteFiles(const StoredFiles& files, const std::string& path) {
    for (const auto& [key, bytes] : files) {
      std::filesystem::create_directories(std::filesystem::path(path + "/" + key).parent_path());
      WriteFile(path + "/" + key, bytes);
    }
  }

  // Reopens what a cut left. Answers whether it is the new version.
  void CheckState(const PowerCutState& state, const Version& before, const Version& after,
                  size_t acknowledged) {
    const TemporaryDirectory directory;
    WriteFiles(state.files, directory.path());
    const auto database = Database::Open(directory.path(), {});
    ICEFALL_ASSERT_OK(database);
    const auto found = ReadVersion(**database);
    ICEFALL_ASSERT_OK(found);
    ASSERT_TRUE(found->Same(after) || found->Same(before));
    if (state.events >= acknowledged) {
      ASSERT_TRUE(found->Same(after));
    }
    ICEFALL_ASSERT_OK(Commit(**database, [](Transaction& t) { return Insert(t, "z", 1); }));
    for (const auto& object : found->names->Tables()) {
      const auto report = CheckTable(**database, object->name, *reader_, {});
      ICEFALL_ASSERT_OK(report);
      for (const Finding& finding : report->findings) {
        ASSERT_NE(finding.severity, Severity::kError) << finding.code << ": " << finding.message;
      }
    }
  }

  std::unique_ptr<DataFileReader> reader_ = *MakeParquetReader();
};

TEST_P(PowerCutTest, LeavesTheOldVersionOrTheNewOne) {
  const TemporaryDirectory directory;
  FillForStatements(directory.path());
  const StoredFiles initial = ReadFiles(directory.path());
  const Version before = *ReadVersion(**Database::Open(directory.path(), {}));
  const auto base = *LocalStore::Open(directory.path());
  const auto store = std::make_shared<RecordingStore>(*base);
  size_t acknowledged = 0;
  {
    StatementSession session(store, GetParam().options);
    store->Clear();
    session.Run(GetParam().sql);
    acknowledged = store->events().size();
  }
  const Version after = *ReadVersion(**Database::Open(directory.path(), {}));
  ASSERT_NE(before.Same(after), GetParam().changes_version);
  const auto states = PowerCutStates(initial, store->events());
  size_t index = 0;
  for (const PowerCutState& state : states) {
    SCOPED_TRACE(testing::Message() << "state " << index++ << " of " << states.size() << ", after "
                                    << state.events << " of " << store->events().size()
                                    << " events, acknowledged after " << acknowledged);
    CheckState(state, before, after, acknowledged);
    if (HasFatalFailure()) return;
  }
  RecordProperty("events", static_cast<int>(store->events().size()));
  RecordProperty("states", static_cast<int>(states.size()));
}

INSTANTIATE_TEST_SUITE_P(All, PowerCutTest, testing::ValuesIn(kOperations),
                         [](const testing::TestParamInfo<Operation>& test) {
                           return test.param.name;
                         });

}  // namespace
}  // namespace icefall
