// A store whose objects cannot grow, stopped or failing at every request of a commit: the commit
// happened or it did not, all of it, and everybody sees the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/fault_store.h"
#include "store/memory_store.h"
#include "tests/crash/sample_database.h"

namespace icefall {
namespace {

class PutOnlyStore : public MemoryStore {
 public:
  Capabilities capabilities() const override { return {}; }
};

struct NamedFault {
  std::string name;
  Fault fault;
};

class StopAtEachRequestTest : public testing::TestWithParam<NamedFault> {
 protected:
  // Its own, as each round begins anew.
  struct Round {
    PutOnlyStore base;
    std::shared_ptr<FaultStore> faulty = std::make_shared<FaultStore>(base);

    std::unique_ptr<Database> Open() {
      return *Database::Open(std::shared_ptr<ObjectStore>(&base, [](ObjectStore*) {}),
                             {.create_if_missing = true});
    }
  };

  // Two tables, as many commits as make the next one write the head object, too.
  static void Fill(Round& round, uint64_t commits) {
    const auto database = round.Open();
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(CreateTable(t, "a"));
      return CreateTable(t, "b");
    }));
    for (uint64_t i = 2; i < commits; ++i) {
      ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) { return Insert(t, "a", i); }));
    }
  }

  static Result<void> Change(Database& database) {
    const auto committed = Commit(database, [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(Insert(t, "a", 1));
      ICEFALL_RETURN_IF_ERROR(Insert(t, "b", 1));
      return CreateTable(t, "c");
    });
    return committed ? Result<void>() : Result<void>(Fail(committed.error()));
  }

  // The outcome of opening and changing with the fault at `call`; absent when it was not reached.
  static std::optional<Result<void>> ChangeWithFault(Round& round, uint64_t call) {
    round.faulty->SetPlan(FaultAtCall(call, GetParam().fault));
    Result<void> outcome;
    {
      auto database = Database::Open(round.faulty, {});
      outcome = database ? Change(**database) : Result<void>(Fail(database.error()));
    }
    const bool reached = round.faulty->CallCount() >= call;
    round.faulty->SetPlan(nullptr);
    if (!reached) return std::nullopt;
    return outcome;
  }
};

TEST_P(StopAtEachRequestTest, IsOldOrNew) {
  for (const uint64_t commits : {5, 63, 64}) {
    const Contents before = {{"a", commits - 2}, {"b", 0}};
    const Contents after = {{"a", commits - 1}, {"b", 1}, {"c", 0}};
    uint64_t call = 1;
    for (;; ++call) {
      Round round;
      Fill(round, commits);
      const auto outcome = ChangeWithFault(round, call);
      if (!outcome) break;
      SCOPED_TRACE(testing::Message() << commits << " commits, request " << call << ", told: "
                                      << (*outcome ? "success" : outcome->error().message()));
      const auto database = round.Open();
      const auto found = ReadContents(*database);
      ICEFALL_ASSERT_OK(found);
      ASSERT_THAT(*found, testing::AnyOf(before, after));
      if (*outcome) {
        ASSERT_EQ(*found, after);
      } else if (GetParam().fault.answer != Fault::Answer::kCrash &&
                 outcome->error().code() != ErrorCode::kOutcomeUnknown) {
        ASSERT_EQ(*found, before);
      }
      ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) { return Insert(t, "b", 77); }));
      Contents next = *found;
      ++next["b"];
      ASSERT_EQ(*ReadContents(*round.Open()), next);
      ASSERT_THAT(VerifyDatabase(database->store(), *database), testing::IsEmpty());
    }
    EXPECT_GT(call, 4u) << "opening, beginning, committing";
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, StopAtEachRequestTest,
    testing::Values(NamedFault{"Refused", Fault::FailBefore(ErrorCode::kUnavailable)},
                    NamedFault{"Full", Fault::FailBefore(ErrorCode::kResourceExhausted)},
                    NamedFault{"Unanswered", Fault::FailAfter()},
                    NamedFault{"LostBeforehand", Fault::FailBefore(ErrorCode::kOutcomeUnknown)},
                    NamedFault{"CrashBefore", Fault::CrashBefore()},
                    NamedFault{"CrashAfter", Fault::CrashAfter()}),
    [](const testing::TestParamInfo<NamedFault>& test) { return test.param.name; });

}  // namespace
}  // namespace icefall
