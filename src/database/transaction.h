// A transaction over the tables and the catalog of one database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "database/catalog_snapshot.h"
#include "database/commit_check.h"
#include "store/object_store.h"
#include "table/change_set.h"
#include "table/snapshot.h"

namespace icefall {

enum class Isolation : uint8_t { kSnapshot, kSerializable };

struct TableCommit {
  std::string table_uuid;
  Sequence sequence;
};

struct CommitOutcome {
  DatabaseSequence database_sequence;  // unchanged head when nothing was written
  std::vector<TableCommit> tables;
};

// A place for a new data file of a table.
struct NewFile {
  std::string path;           // relative to the table's directory, for Fragment::path
  std::string external_path;  // for DuckDB
  ObjectKey key;              // in the database's store
};

// Sees the database as it was at one database sequence, fixed when the transaction begins, plus its
// own changes. Calls may come from several threads, one at a time (a mutex inside keeps that);
// snapshots that it answered may be read from any thread for as long as they are held.
// Dropped without Commit: rolled back.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual void SetIsolation(Isolation isolation) = 0;

  // The names as this transaction sees them.
  virtual Result<CatalogSnapshotPointer> Catalog() = 0;

  // The table as this transaction sees it, own changes included. Error: kNotFound.
  virtual Result<SnapshotPointer> Table(std::string_view table_uuid) = 0;

  // Committed states of the past, own changes excluded. Errors: kNotFound naming the table, what
  // was asked and the range there is.
  virtual Result<SnapshotPointer> TableAt(std::string_view table_uuid, Sequence sequence) = 0;
  virtual Result<SnapshotPointer> TableAsOf(std::string_view table_uuid, TimestampMicros time) = 0;

  // Marks the table as read by this transaction (serializable isolation checks it at commit).
  virtual void RecordRead(std::string_view table_uuid) = 0;

  // Applies a change made against Table(table_uuid) to this transaction's view.
  virtual Result<void> Change(std::string_view table_uuid, ChangeSet change) = 0;

  // Has Commit ask `check` wherever another transaction has changed the table since this one began.
  virtual Result<void> AddCheck(std::string_view table_uuid,
                                std::shared_ptr<CommitCheck> check) = 0;

  // Creates any kind of object; for a table `schema` and the rest of `initial` describe it (see
  // EmptySnapshot), `object.uuid` and `object.directory` are chosen here. Answers the uuid.
  // Error: kAlreadyExists.
  virtual Result<std::string> CreateTable(const ObjectName& name, Snapshot initial) = 0;
  virtual Result<std::string> CreateObject(CatalogObject object) = 0;
  // Same uuid, other contents (view definition, name, comment, properties). Error: kNotFound;
  // kAlreadyExists when the new name is taken.
  virtual Result<void> ReplaceObject(std::string_view uuid, CatalogObject object) = 0;
  // Error: kNotFound. A schema must be empty (kInvalidArgument).
  virtual Result<void> DropObject(std::string_view uuid) = 0;

  // A fresh name under the table's data folder, which exists on return; in `folder` of it, a
  // relative key such as "region=x", when given. What is not part of a
  // committed change when the transaction ends without one is deleted then.
  virtual Result<NewFile> NewDataFile(std::string_view table_uuid,
                                      std::string_view folder = {}) = 0;
  // The external path of a file of the table.
  virtual Result<std::string> DataFilePath(std::string_view table_uuid, std::string_view path) = 0;

  // True when Commit would write something.
  virtual bool HasChanges() const = 0;

  // Makes data files durable, then all changes visible at once. Lost races are rebased and retried
  // inside. Errors: kConflict (rows, schema or name changed by another commit, which is named);
  // kOutcomeUnknown; store errors. After any error but kOutcomeUnknown nothing has happened and the
  // files written are deleted. Ends the transaction in any case.
  virtual Result<CommitOutcome> Commit() = 0;

  virtual void Rollback() = 0;
};

}  // namespace icefall
