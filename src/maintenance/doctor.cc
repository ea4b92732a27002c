#include "maintenance/doctor.h"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "commit/commit_lock.h"
#include "database/catalog_codec.h"
#include "log/icefall/verify.h"
#include "maintenance/check.h"
#include "maintenance/check_log.h"
#include "maintenance/check_retained.h"

namespace icefall {

namespace {

struct KnownRemedy {
  std::string_view code;
  Remedy remedy;
  std::string_view explanation;
};

constexpr std::string_view kRowsLost =
    "The rows of this file are lost to the snapshots that need it; all others are whole. Put a "
    "copy of the file back, or, where only older snapshots need it, have gc give these up";
constexpr std::string_view kLinesLost =
    "Commits from here on cannot be read one by one, and without a manifest behind them not at "
    "all. Data files are not touched; put a copy of the file that is named back";

constexpr KnownRemedy kRemedies[] = {
    {"LogMissing", Remedy::kImpossible,
     "No commit of this log can be read. Its data files are not touched; put a copy of the log "
     "back"},
    {"LogDamaged", Remedy::kImpossible, kLinesLost},
    {"SegmentUnreached", Remedy::kImpossible, kLinesLost},
    {"ManifestUnreached", Remedy::kImpossible,
     "The commits between the last line and this manifest are lost; the manifest has the table as "
     "it was then"},
    {"ManifestDamaged", Remedy::kRepair, "Nothing is lost: it is written again from the lines"},
    {"ManifestDiffers", Remedy::kRepair, "Nothing is lost: it is written again from the lines"},
    {"ManifestMissing", Remedy::kRepair, "Nothing is lost: one is written from the lines"},
    {"TornTail", Remedy::kRepair, "Nothing is lost: the commit never happened; it is cut off"},
    {"UnsettledTransaction", Remedy::kRepair,
     "Nothing is lost: its writer died before it committed; it is aborted"},
    {"UnknownFile", Remedy::kUnneeded, "No reader looks at it"},
    {"DataFileMissing", Remedy::kImpossible, kRowsLost},
    {"DataFileSize", Remedy::kImpossible, kRowsLost},
    {"DataFileUnreadable", Remedy::kImpossible, kRowsLost},
    {"DataFileChecksum", Remedy::kImpossible,
     "Values of this file may be wrong, and nothing says which. Put a copy of the file back, or, "
     "where only older snapshots need it, have gc give these up"},
    {"ChecksumMissing", Remedy::kUnneeded, "Older versions stored none"},
    {"RowCount", Remedy::kImpossible, kRowsLost},
    {"RowId", Remedy::kImpossible, "The rows are there; their ids may be given out again"},
    {"RowIdTwice", Remedy::kImpossible,
     "The rows are there; which of them the id means cannot be known"},
    {"Statistics", Remedy::kImpossible,
     "The rows are there, but queries may leave the file out: load them into a new table"},
    {"DuplicateKey", Remedy::kImpossible,
     "The rows are there; which of them is right cannot be known: DELETE or UPDATE the wrong one"},
    {"UnexpectedNull", Remedy::kImpossible, "The rows are there: UPDATE the column"},
    {"CheckViolated", Remedy::kImpossible, "The rows are there: UPDATE or DELETE them"},
    {"IndexDiffers", Remedy::kRepair,
     "Nothing is lost: it is deleted, and made again from the data file when it is needed"},
    {"KeysUnread", Remedy::kImpossible, "What the other findings name is in the way"},
    {"UnusedFile", Remedy::kUnneeded, "No row of the table is in it"},
};

// The repairs of one log, with the right to commit. `make_codec` makes the log's codec.
template <typename MakeCodec>
class LogRepair {
 public:
  using Codec = std::invoke_result_t<MakeCodec>;

  LogRepair(ObjectStore& store, std::string directory, MakeCodec make_codec)
      : store_(store), directory_(std::move(directory)), make_codec_(std::move(make_codec)) {}

  Result<void> Run() {
    ICEFALL_RETURN_IF_ERROR(Settle());
    ICEFALL_ASSIGN_OR_RETURN(const LogReport report, VerifyLog(store_, directory_, make_codec_()));
    ICEFALL_RETURN_IF_ERROR(WriteManifests(report));
    return CutTornTail(report.newest);
  }

 private:
  // Damage ends it early, and is left to the findings.
  static Result<void> Forgive(const Result<void>& done) {
    if (done || done.error().code() == ErrorCode::kCorruption ||
        done.error().code() == ErrorCode::kNotFound) {
      return {};
    }
    return done;
  }

  Result<void> Settle() {
    LogReport ignored;
    ICEFALL_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(store_, directory_, ignored));
    Codec codec = make_codec_();
    auto start = FindVerifyStart(store_, directory_, files, codec, ignored);
    if (!start) return {};
    TransactionOutcomes outcomes(store_);
    const LineReader reader(store_, directory_, outcomes);
    return Forgive(reader.Read(start->cursor, {.may_commit = true},
                               [](const VerifiedLine&) -> Result<bool> { return true; }));
  }

  Result<void> WriteManifests(const LogReport& report) {
    if (report.bad_manifests.empty() && report.bytes_since_manifest <= kManifestDebtBytesMax) {
      return {};
    }
    Result<void> written;
    ICEFALL_RETURN_IF_ERROR(
        VerifyLog(store_, directory_, make_codec_(),
                  [&](const auto& state, const auto*, const LogCursor& cursor) {
                    const bool is_bad = std::ranges::find(report.bad_manifests, cursor.sequence) !=
                                        report.bad_manifests.end();
                    const bool is_missing = report.bytes_since_manifest > kManifestDebtBytesMax &&
                                            cursor.sequence == report.newest.sequence;
                    if (written && (is_bad || is_missing)) written = WriteManifest(*state, cursor);
                  }));
    return written;
  }

  Result<void> WriteManifest(const typename Codec::State& state, const LogCursor& cursor) {
    ICEFALL_ASSIGN_OR_RETURN(Manifest manifest, make_codec_().Encode(state));
    manifest.cursor = cursor;
    ICEFALL_ASSIGN_OR_RETURN(const std::string text, EncodeManifest(manifest));
    ICEFALL_RETURN_IF_ERROR(
        store_.Put(ManifestKey(directory_, cursor.sequence), text, PutCondition::Always()));
    return {};
  }

  Result<void> CutTornTail(const LogCursor& end) {
    const ObjectKey key = SegmentKey(directory_, end.segment);
    const auto rest = store_.ReadToEnd(key, end.offset);
    // A whole line that could not be read is no torn one.
    if (!rest || rest->empty() || rest->find('\n') != std::string::npos) return {};
    ICEFALL_ASSIGN_OR_RETURN(const auto appender, store_.OpenAppender(key));
    return appender->Truncate(end.offset);
  }

  ObjectStore& store_;
  const std::string directory_;
  const MakeCodec make_codec_;
};

Result<void> RepairLocked(ObjectStore& store, const CatalogObject& table) {
  ICEFALL_RETURN_IF_ERROR(
      LogRepair(store, std::string(kCatalogDirectory), [] { return CatalogCodec(); }).Run());
  return LogRepair(store, table.directory,
                   [&] { return TableCodec(store, SystemClock(), table.directory, table.uuid); })
      .Run();
}

}  // namespace

std::string_view RemedyName(Remedy remedy) {
  switch (remedy) {
    case Remedy::kUnneeded:
      return "unneeded";
    case Remedy::kRepair:
      return "repair";
    case Remedy::kImpossible:
      break;
  }
  return "impossible";
}

Diagnosis DiagnoseFinding(Finding finding) {
  const auto* known = std::ranges::find(kRemedies, finding.code, &KnownRemedy::code);
  if (known == std::end(kRemedies)) return {std::move(finding), Remedy::kImpossible, ""};
  return {std::move(finding), known->remedy, known->explanation};
}

bool DoctorReport::Has(Remedy remedy) const {
  return std::ranges::find(diagnoses, remedy, &Diagnosis::remedy) != diagnoses.end();
}

Result<DoctorReport> Examine(Database& database, const ObjectName& table, DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(CheckReport found, CheckTable(database, table, reader, {.data = true}));
  DoctorReport report;
  for (Finding& finding : found.findings)
    report.diagnoses.push_back(DiagnoseFinding(std::move(finding)));
  return report;
}

Result<void> Repair(Database& database, const ObjectName& table, DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  const auto object = catalog->Find(ObjectKind::kTable, table);
  if (!object) return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", table.name));
  ObjectStore& store = database.store();
  // What cannot be read has no index that could be compared with it.
  const auto wrong = reader.FindWrongIndexes(database.location(), table);
  if (wrong) {
    for (const ObjectKey& key : *wrong) ICEFALL_RETURN_IF_ERROR(store.Delete(key));
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto damaged, FindDamagedIndexes(store, object->directory));
  for (const DamagedIndex& index : damaged) ICEFALL_RETURN_IF_ERROR(store.Delete(index.key));
  // Where objects cannot grow nothing is ever torn, and outcomes are created by anyone.
  if (!store.capabilities().append) return RepairLocked(store, *object);
  ICEFALL_ASSIGN_OR_RETURN(const auto lock, OpenCommitLock(store, ObjectKey(kLockKey), false));
  ICEFALL_RETURN_IF_ERROR(lock->AcquireAppend());
  auto repaired = RepairLocked(store, *object);
  // Whoever commits next reads the ends of the logs again.
  if (lock->page()->IsValid()) lock->page()->SetDirty(true);
  lock->ReleaseAppend();
  return repaired;
}

}  // namespace icefall
