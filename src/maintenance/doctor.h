// Says of every finding what it means and what is lost, and mends what can be mended without
// inventing data. Commits are never touched.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/finding.h"
#include "base/result.h"
#include "database/database.h"
#include "maintenance/data_file_reader.h"

namespace icefall {

enum class Remedy : uint8_t {
  kUnneeded,    // nothing is wrong: gc, or the next commit, sees to it
  kRepair,      // Repair mends it
  kImpossible,  // only a copy of what is lost could
};

// "unneeded", "repair", "impossible".
std::string_view RemedyName(Remedy remedy);

struct Diagnosis {
  Finding finding;
  Remedy remedy = Remedy::kImpossible;
  std::string_view explanation;  // a sentence: what is lost, or how it is mended
};

struct DoctorReport {
  std::vector<Diagnosis> diagnoses;

  bool Has(Remedy remedy) const;
  bool is_healthy() const { return !Has(Remedy::kRepair) && !Has(Remedy::kImpossible); }
};

// By the finding's code.
Diagnosis DiagnoseFinding(Finding finding);

// What check finds, data files read through, with the remedy of each. Changes nothing. Errors:
// those of CheckTable.
Result<DoctorReport> Examine(Database& database, const ObjectName& table, DataFileReader& reader);

// Mends what Examine calls kRepair in the logs of the catalog and of the table, under the right to
// commit: aborts transactions that their writers left without an outcome, cuts off unfinished
// lines, writes manifests that are damaged, differ, or are lost again from the lines, and deletes
// index files that are not what their data files lead to, and files below `_cache` that are
// damaged. Others may read and write meanwhile. Safe to stop and to repeat at any point. The
// database may be opened read-only, so that damage elsewhere is not in the way; its store is
// written. Error: the store's; kCorruption is none: what cannot be read stays as it is.
Result<void> Repair(Database& database, const ObjectName& table, DataFileReader& reader);

// Both of the whole database, which is what CheckDatabase looks at.
struct DatabaseDiagnoses {
  DoctorReport database;
  std::vector<std::pair<ObjectName, DoctorReport>> tables;

  bool Has(Remedy remedy) const;
  bool is_healthy() const { return !Has(Remedy::kRepair) && !Has(Remedy::kImpossible); }
};
Result<DatabaseDiagnoses> ExamineDatabase(Database& database, DataFileReader& reader);
Result<void> RepairDatabase(Database& database, DataFileReader& reader);

// The same of a database whose catalog may be damaged, which is a finding then, or lost: then the
// tables that are there are found, and a new catalog names them (lost_catalog.h). Error: also what
// Database::Open says of a location that is none of these.
Result<DatabaseDiagnoses> ExamineDatabase(const std::string& location, DataFileReader& reader);
Result<void> RepairDatabase(const std::string& location, DataFileReader& reader);

}  // namespace icefall
