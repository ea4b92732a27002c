#include "maintenance/check_log.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "database/catalog_codec.h"
#include "log/icefall/verify.h"

namespace icefall {

namespace {

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
                          CheckReport& report) {
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
  ICEFALL_ASSIGN_OR_RETURN(LogReport found,
                           VerifyLog(store, table.directory,
                                     TableCodec(store, clock, table.directory, table.uuid), visit));
  facts.is_whole = std::ranges::none_of(found.findings, [](const Finding& finding) {
    return finding.severity == Severity::kError && finding.code != "ManifestDamaged" &&
           finding.code != "ManifestDiffers";
  });
  Take(table.directory, found, report);
  return facts;
}

Result<void> CheckCatalogLog(ObjectStore& store, CheckReport& report) {
  const std::string directory(kCatalogDirectory);
  ICEFALL_ASSIGN_OR_RETURN(LogReport found, VerifyLog(store, directory, CatalogCodec()));
  Take(directory, found, report);
  return {};
}

}  // namespace icefall
