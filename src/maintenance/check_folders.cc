#include "maintenance/check_folders.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "log/icefall/file_names.h"
#include "log/icefall/transaction_outcomes.h"
#include "maintenance/named_files.h"

namespace icefall {
namespace {

// "indexes/1-3/data/x.parquet.idx" is of "data/x.parquet"; absent for what is no index file.
std::optional<std::string_view> DataFileOfIndex(std::string_view path) {
  constexpr std::string_view kFolder = "indexes/", kSuffix = ".idx";
  if (!path.starts_with(kFolder) || !path.ends_with(kSuffix)) return std::nullopt;
  path.remove_prefix(kFolder.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || path.find_first_not_of("0123456789-") != slash) {
    return std::nullopt;
  }
  path.remove_suffix(kSuffix.size());
  return path.substr(slash + 1);
}

void AddUnused(const ObjectInfo& file, CheckReport& report) {
  report.Add(Severity::kInfo, "UnusedFile",
             fmt::format("{} ({} bytes) is of no commit: gc deletes it once it is an hour old",
                         file.key, file.size_bytes));
}

class TableFolderCheck {
 public:
  TableFolderCheck(ObjectStore& store, const std::string& directory, const LogFacts& log,
                   CheckReport& report)
      : store_(store), directory_(directory), log_(log), report_(report) {}

  Result<void> Run() {
    ICEFALL_ASSIGN_OR_RETURN(const auto files, store_.List({.prefix = directory_ + "/"}));
    for (const ObjectInfo& file : files) {
      ICEFALL_ASSIGN_OR_RETURN(const bool is_known, LookAt(file));
      if (is_known) continue;
      report_.Add(Severity::kInfo, "UnknownFile",
                  fmt::format("{}: no file of a table has such a name", file.key));
    }
    return {};
  }

 private:
  Result<bool> LookAt(const ObjectInfo& file) {
    const auto path = std::string_view(file.key).substr(directory_.size() + 1);
    for (const std::string_view looked_at : {"_log/", "_manifests/", "data/"}) {
      if (path.starts_with(looked_at)) return true;
    }
    if (path.starts_with("_oldest/")) return ParseOldestKey(file.key).has_value();
    if (path.starts_with("deletes/")) return LookAtDeletes(file);
    const auto data_file = DataFileOfIndex(path);
    if (!data_file) return false;
    if (log_.is_whole && !log_.data_paths.contains(std::string(*data_file))) {
      AddUnused(file, report_);
    }
    return true;
  }

  Result<bool> LookAtDeletes(const ObjectInfo& file) {
    const auto uuid = UuidOfFile(file.key);
    if (!uuid || !file.key.ends_with(".dv")) return false;
    if (!log_.is_whole) return true;
    if (!named_) {
      ICEFALL_ASSIGN_OR_RETURN(named_, FindNamedFiles(store_, directory_, Sequence()));
    }
    if (!named_->needed.Contains(*uuid) && !named_->former.Contains(*uuid)) {
      AddUnused(file, report_);
    }
    return true;
  }

  ObjectStore& store_;
  const std::string& directory_;
  const LogFacts& log_;
  CheckReport& report_;
  std::optional<NamedFiles> named_;
};

// Files below a folder that is no table's.
struct ForeignFolder {
  uint64_t files = 0;
  uint64_t bytes = 0;
  std::vector<ObjectKey> segments;
};

class RootFolderCheck {
 public:
  RootFolderCheck(ObjectStore& store, const CatalogFacts& catalog, bool logs_are_whole,
                  CheckReport& report)
      : store_(store), catalog_(catalog), logs_are_whole_(logs_are_whole), report_(report) {}

  void Run(const std::vector<ObjectInfo>& files) {
    for (const ObjectInfo& file : files) LookAt(file);
    for (const auto& [name, folder] : foreign_) AddFolder(name, folder);
  }

 private:
  void LookAt(const ObjectInfo& file) {
    const std::string_view key = file.key;
    const std::string folder(key.substr(0, key.find('/')));
    if (folder == "_cache" || catalog_.directories.contains(folder)) return;
    if (folder == key) return Unknown(file);
    const auto rest = key.substr(folder.size() + 1);
    if (folder == kCatalogDirectory) return LookAtCatalog(file, rest);
    if (folder == kTransactionsDirectory) return LookAtOutcome(file, rest);
    ForeignFolder& found = foreign_[folder];
    ++found.files;
    found.bytes += file.size_bytes;
    if (!rest.starts_with("_log/") || !ParseSegmentKey(key)) return;
    found.segments.push_back(file.key);
  }

  void LookAtCatalog(const ObjectInfo& file, std::string_view rest) {
    for (const std::string_view name : {"lock", "running", "_head.jsonl"}) {
      if (rest == name) return;
    }
    for (const std::string_view folder : {"_log/", "_manifests/", "_commits/", "running/"}) {
      if (rest.starts_with(folder)) return;
    }
    Unknown(file);
  }

  void LookAtOutcome(const ObjectInfo& file, std::string_view rest) {
    constexpr std::string_view kSuffix = ".json";
    if (!rest.ends_with(kSuffix)) return Unknown(file);
    rest.remove_suffix(kSuffix.size());
    if (file.key != TransactionKey(rest)) return Unknown(file);
    const auto text = store_.ReadToEnd(file.key, 0);
    if (!text && text.error().code() == ErrorCode::kNotFound) return;
    const auto outcome = text ? DecodeOutcome(*text) : Fail(text.error());
    if (outcome || outcome.error().code() == ErrorCode::kUnsupported) return;
    if (logs_are_whole_ && catalog_.is_whole) {
      report_.Add(Severity::kInfo, "UnknownFile",
                  fmt::format("{}: no outcome of a transaction, and no line needs it", file.key));
      return;
    }
    report_.Add(Severity::kError, "TransactionDamaged",
                fmt::format("{}: {}", file.key, outcome.error().message()));
  }

  void Unknown(const ObjectInfo& file) {
    report_.Add(Severity::kInfo, "UnknownFile",
                fmt::format("{}: no file of a database has such a name", file.key));
  }

  // A table has no second commit before the catalog names it.
  bool HasCommits(const ForeignFolder& folder) {
    if (!catalog_.is_whole || !catalog_.begins_at_first) return false;
    if (folder.segments.size() > 1) return true;
    const auto text = store_.ReadToEnd(folder.segments.front(), 0);
    return text && std::ranges::count(*text, '\n') > 1;
  }

  void AddFolder(const std::string& name, const ForeignFolder& folder) {
    if (!folder.segments.empty() && HasCommits(folder)) {
      report_.Add(Severity::kError, "NameLost",
                  fmt::format("{} ({} files, {} bytes) is a table with commits, and no line of the "
                              "catalog names it: lines are lost there",
                              name, folder.files, folder.bytes));
    } else if (!folder.segments.empty()) {
      report_.Add(Severity::kInfo, "UnusedFile",
                  fmt::format("{} ({} files, {} bytes) is a table that {} names", name,
                              folder.files, folder.bytes,
                              catalog_.is_whole ? "no line of the catalog"
                                                : "no line of the catalog that can be read"));
    } else {
      report_.Add(Severity::kInfo, "UnknownFile",
                  fmt::format("{} ({} files, {} bytes) is no table's folder", name, folder.files,
                              folder.bytes));
    }
  }

  ObjectStore& store_;
  const CatalogFacts& catalog_;
  const bool logs_are_whole_;
  CheckReport& report_;
  std::map<std::string, ForeignFolder> foreign_;
};

}  // namespace

void CheckTableFolder(ObjectStore& store, const std::string& directory, const LogFacts& log,
                      CheckReport& report) {
  const auto done = TableFolderCheck(store, directory, log, report).Run();
  if (done) return;
  report.Add(Severity::kWarning, "UnknownFile",
             fmt::format("{} cannot be listed: {}", directory, done.error().message()));
}

void CheckRootFolder(ObjectStore& store, const std::vector<ObjectInfo>& files,
                     const CatalogFacts& catalog, bool logs_are_whole, CheckReport& report) {
  RootFolderCheck(store, catalog, logs_are_whole, report).Run(files);
}

}  // namespace icefall
