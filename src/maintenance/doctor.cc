#include "maintenance/doctor.h"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "accel/derived_files.h"
#include "database/catalog_codec.h"
#include "log/icefall/verify.h"
#include "maintenance/check_database.h"
#include "maintenance/check_derived.h"
#include "maintenance/check_log.h"
#include "maintenance/check_retained.h"
#include "maintenance/locked_change.h"
#include "maintenance/lost_catalog.h"
#include "maintenance/outcome_proof.h"
#include "store/registry.h"

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
    {"CatalogLost", Remedy::kRepair,
     "Lost are views, sequences, types, macros, what was renamed, and that tables were dropped of "
     "which gc has collected nothing; rows and snapshots of tables are whole. Put a copy of the "
     "folder back, or have --repair write a new catalog, in which tables are called as they were "
     "when they were made"},
    {"NamelessTable", Remedy::kRepair, "Nothing is lost but its name: it gets that one"},
    {"NameLost", Remedy::kImpossible,
     "The catalog was cut, or an old copy of it was put back: put the newest one there. Moved away "
     "as a whole it is written anew, as where it is lost"},
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
    {"TransactionDamaged", Remedy::kImpossible,
     "Whether the lines of this transaction count cannot be known, so that no line from them on is "
     "read; put a copy of the file back, or move it away: what is missing may be proven"},
    {"OutcomeMissing", Remedy::kRepair,
     "Nothing is lost: what the logs hold besides proves it, and the file is written again"},
    {"OutcomeLost", Remedy::kImpossible,
     "Taken for abandoned, that change would be lost if it was acknowledged; taken for committed, "
     "one that never happened could be there. So no line from it on is read; put a copy of the "
     "file back"},
    {"TornTail", Remedy::kRepair, "Nothing is lost: the commit never happened; it is cut off"},
    {"UnsettledTransaction", Remedy::kRepair,
     "Nothing is lost: its writer died before it committed; it is aborted"},
    {"UnknownFile", Remedy::kUnneeded, "Nothing reads it, and gc leaves it: it may be deleted"},
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
    {"DerivedFileDamaged", Remedy::kRepair,
     "Nothing is lost: it is deleted, and made again when it is needed, a replica by replicate"},
    {"DerivedFileUnread", Remedy::kUnneeded, "What the other findings name is in the way"},
    {"UnusedFile", Remedy::kUnneeded, "No query reads it"},
};

// The repairs of one log, with the right to commit. `make_codec` makes the log's codec.
template <typename MakeCodec>
class LogRepair {
 public:
  using Codec = std::invoke_result_t<MakeCodec>;

  LogRepair(ObjectStore& store, std::string directory, MakeCodec make_codec,
            const VerifyContext& context)
      : store_(store),
        directory_(std::move(directory)),
        make_codec_(std::move(make_codec)),
        context_(context) {}

  Result<void> Run() {
    ICEFALL_RETURN_IF_ERROR(RestoreOutcomes());
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

  Result<void> RestoreOutcomes() {
    ICEFALL_ASSIGN_OR_RETURN(const LogReport report, VerifyLog(store_, directory_, make_codec_(),
                                                               VisitNothing(), context_));
    TransactionOutcomes outcomes(store_);
    for (const LostOutcome& lost : report.lost_outcomes) {
      if (lost.proven) ICEFALL_RETURN_IF_ERROR(outcomes.Settle(lost.id, *lost.proven));
    }
    return {};
  }

  Result<void> Settle() {
    LogReport ignored;
    ICEFALL_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(store_, directory_, ignored));
    Codec codec = make_codec_();
    auto start = FindVerifyStart(store_, directory_, files, codec, ignored);
    if (!start) return {};
    TransactionOutcomes outcomes(store_);
    const LineReader reader(store_, directory_, outcomes);
    return Forgive(reader.Read(start->cursor, {.may_commit = true, .settled = context_.settled},
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
  const VerifyContext& context_;
};

Result<void> RepairLocked(ObjectStore& store, DatabaseSequence published,
                          const std::vector<CatalogObjectPointer>& tables) {
  OutcomeProofs proofs(store);
  const VerifyContext context = proofs.Context(published);
  const auto make_catalog = [] { return CatalogCodec(); };
  ICEFALL_RETURN_IF_ERROR(
      LogRepair(store, std::string(kCatalogDirectory), make_catalog, context).Run());
  for (const auto& table : tables) {
    const auto make_table = [&] {
      return TableCodec(store, SystemClock(), table->directory, table->uuid);
    };
    ICEFALL_RETURN_IF_ERROR(LogRepair(store, table->directory, make_table, context).Run());
  }
  return {};
}

Result<void> RepairLogs(ObjectStore& store, const std::vector<CatalogObjectPointer>& tables) {
  // Where objects cannot grow nothing is ever torn, and outcomes are created by anyone.
  if (!store.capabilities().append) return RepairLocked(store, DatabaseSequence(), tables);
  return ChangeLocked(
      store, [&](DatabaseSequence published) { return RepairLocked(store, published, tables); });
}

// Files that are made again when they are needed.
Result<void> DeleteDamaged(Database& database, const CatalogObject& table, DataFileReader& reader) {
  ObjectStore& store = database.store();
  // What cannot be read has no index that could be compared with it.
  const auto wrong = reader.FindWrongIndexes(database.location(), table.name);
  if (wrong) {
    for (const ObjectKey& key : *wrong) ICEFALL_RETURN_IF_ERROR(store.Delete(key));
  }
  ICEFALL_ASSIGN_OR_RETURN(const auto damaged, FindDamagedIndexes(store, table.directory));
  for (const DamagedIndex& index : damaged) ICEFALL_RETURN_IF_ERROR(store.Delete(index.key));
  CheckReport ignored;
  ICEFALL_ASSIGN_OR_RETURN(const auto log,
                           CheckLog(store, SystemClock(), table, DatabaseSequence(), ignored));
  const auto derived = FindDamagedDerived(database, table, log, reader, {.data = true});
  if (derived) {
    for (const DamagedDerivedFile& file : *derived) RemoveDerivedFile(store, file.key);
  }
  return {};
}

DoctorReport DiagnoseAll(CheckReport found) {
  DoctorReport report;
  for (Finding& finding : found.findings) {
    report.diagnoses.push_back(DiagnoseFinding(std::move(finding)));
  }
  return report;
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

bool DatabaseDiagnoses::Has(Remedy remedy) const {
  return database.Has(remedy) ||
         std::ranges::any_of(tables, [&](const auto& table) { return table.second.Has(remedy); });
}

Result<DoctorReport> Examine(Database& database, const ObjectName& table, DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(CheckReport found, CheckTable(database, table, reader, {.data = true}));
  return DiagnoseAll(std::move(found));
}

Result<DatabaseDiagnoses> ExamineDatabase(Database& database, DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(DatabaseReport found, CheckDatabase(database, reader, {.data = true}));
  DatabaseDiagnoses report;
  report.database = DiagnoseAll(std::move(found.database));
  for (CheckedTable& table : found.tables) {
    report.tables.emplace_back(std::move(table.table), DiagnoseAll(std::move(table.report)));
  }
  return report;
}

Result<DatabaseDiagnoses> ExamineDatabase(const std::string& location, DataFileReader& reader) {
  const auto database = Database::Open(location, {.read_only = true});
  auto report = database ? ExamineDatabase(**database, reader)
                         : Result<DatabaseDiagnoses>(Fail(database.error()));
  if (report) return report;
  DatabaseDiagnoses of_catalog;
  const auto store = OpenStore(location, StoreOpenMode::kExisting);
  const auto remaining = store ? FindRemainingTables(**store) : Fail(store.error());
  if (remaining && *remaining) {
    of_catalog.database = DiagnoseAll(DescribeLostCatalog(**remaining));
    return of_catalog;
  }
  if (report.error().code() != ErrorCode::kCorruption) return report;
  // The catalog's log, without which no table is found.
  CheckReport found;
  ICEFALL_RETURN_IF_ERROR(CheckCatalogLog(**store, DatabaseSequence(), found));
  std::erase_if(found.findings, [](const Finding& finding) {
    return finding.code != "OutcomeMissing" && finding.code != "OutcomeLost";
  });
  if (found.passed()) found.Add(Severity::kError, "LogDamaged", report.error().message());
  of_catalog.database = DiagnoseAll(std::move(found));
  return of_catalog;
}

Result<void> RepairDatabase(const std::string& location, DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(const auto store, OpenStore(location, StoreOpenMode::kExisting));
  ICEFALL_RETURN_IF_ERROR(RestoreCatalog(*store, SystemClock()));
  // Read-only, so that damage elsewhere is not in the way.
  auto database = Database::Open(location, {.read_only = true});
  if (!database && database.error().code() == ErrorCode::kCorruption) {
    ICEFALL_RETURN_IF_ERROR(RepairLogs(*store, {}));  // the catalog's
    database = Database::Open(location, {.read_only = true});
  }
  if (!database) return Fail(database.error());
  return RepairDatabase(**database, reader);
}

Result<void> Repair(Database& database, const ObjectName& table, DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  transaction->Rollback();
  const auto object = catalog->Find(ObjectKind::kTable, table);
  if (!object) return Fail(ErrorCode::kNotFound, fmt::format("table '{}' not found", table.name));
  ICEFALL_RETURN_IF_ERROR(DeleteDamaged(database, *object, reader));
  return RepairLogs(database.store(), {object});
}

Result<void> RepairDatabase(Database& database, DataFileReader& reader) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  transaction->Rollback();
  const auto tables = catalog->Tables();
  for (const auto& table : tables) {
    ICEFALL_RETURN_IF_ERROR(DeleteDamaged(database, *table, reader));
  }
  ObjectStore& store = database.store();
  ICEFALL_ASSIGN_OR_RETURN(const auto answers, FindDamagedAnswers(store));
  for (const DamagedDerivedFile& file : answers) RemoveDerivedFile(store, file.key);
  return RepairLogs(store, tables);
}

}  // namespace icefall
