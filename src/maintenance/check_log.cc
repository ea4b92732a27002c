#include "maintenance/check_log.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "database/catalog_codec.h"
#include "log/icefall/verify.h"
#include "maintenance/outcome_proof.h"

namespace icefall {

namespace {

bool IsWhole(const LogReport& found) {
  return std::ranges::none_of(found.findings, [](const Finding& finding) {
    return finding.severity == Severity::kError && finding.code != "ManifestDamaged" &&
           finding.code != "ManifestDiffers";
  });
}

void Take(const std::string& directory, LogReport& found, CheckReport& report) {
  report.findings.insert(report.findings.end(), std::move_iterator(found.findings.begin()),
                         std::move_iterator(found.findings.end()));
  if (found.bytes_since_manifest <= kManifestDebtBytesMax) return;
  report.Add(
      Severity::kWarning, "ManifestMissing",
      fmt::format("{}: {} bytes of lines behind the newest manifest, which make opening slow",
                  directory, found.bytes_since_manifest));
}

}  // namespace

Result<LogFacts> CheckLog(ObjectStore& store, Clock& clock, const CatalogObject& table,
                          DatabaseSequence published, CheckReport& report) {
  LogFacts facts;
  const auto visit = [&](const SnapshotPointer& state, const ChangeSet* change, const LogCursor&) {
    facts.current = state;
    facts.retained.Add(*state, change);
    if (change != nullptr) {
      for (const auto& fragment : change->added_fragments) facts.data_paths.insert(fragment->path);
      return;
    }
    state->fragments.ForEach(
        [&](const FragmentPointer& fragment) { facts.data_paths.insert(fragment->path); });
  };
  OutcomeProofs proofs(store);
  ICEFALL_ASSIGN_OR_RETURN(
      LogReport found,
      VerifyLog(store, table.directory, TableCodec(store, clock, table.directory, table.uuid),
                visit, proofs.Context(published)));
  facts.is_whole = IsWhole(found);
  Take(table.directory, found, report);
  return facts;
}

Result<CatalogFacts> CheckCatalogLog(ObjectStore& store, DatabaseSequence published,
                                     CheckReport& report) {
  const std::string directory(kCatalogDirectory);
  CatalogFacts facts;
  const auto visit = [&](const CatalogSnapshotPointer& state, const CatalogChange* change,
                         const LogCursor&) {
    if (change == nullptr) {
      for (const auto& table : state->Tables()) facts.directories.insert(table->directory);
      return;
    }
    facts.begins_at_first |= state->sequence == Sequence(1);
    for (const auto& object : change->created) {
      if (object->kind == ObjectKind::kTable) facts.directories.insert(object->directory);
    }
  };
  OutcomeProofs proofs(store);
  ICEFALL_ASSIGN_OR_RETURN(LogReport found, VerifyLog(store, directory, CatalogCodec(), visit,
                                                      proofs.Context(published)));
  facts.is_whole = IsWhole(found);
  Take(directory, found, report);
  return facts;
}

}  // namespace icefall
