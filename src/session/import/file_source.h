// A data file as something SQL can select from.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "session/arrow/arrow_input.h"
#include "session/import/file_format.h"
#include "session/import/table_files.h"
#include "session/import/tsv_scan.h"

namespace icefall {

// Must outlive the statement that reads it.
class FileSource {
 public:
  // `options.types` has lower-case names here. Errors: see InsertFile.
  static Result<std::unique_ptr<FileSource>> Open(Session& session, const std::string& path,
                                                  FileFormat format, const ReadOptions& options);
  ~FileSource();

  // Empty for formats that say their types themselves.
  const std::vector<TableColumn>& columns() const { return columns_; }
  // A SELECT statement that yields the rows.
  const std::string& select() const { return select_; }

 private:
  FileSource(Session& session, std::string path) : session_(session), path_(std::move(path)) {}

  Result<void> OpenCsv(const ReadOptions& options);
  Result<void> OpenJson(const ReadOptions& options);
  Result<void> OpenTsv(const ReadOptions& options);
  Result<void> OpenArrow();
  // Of a table function's call.
  Result<bool> HasRows(const std::string& source);
  // For a file without rows that does not name its columns either. Error: kInvalidArgument when
  // `types`, of the table to come, does not name any.
  Result<void> SelectNothing(const std::map<std::string, std::string>& types);
  // The columns that `select` yields, unread.
  Result<std::vector<TableColumn>> ReadColumns(const std::string& select);

  Session& session_;
  std::string path_;
  std::string select_;
  std::vector<TableColumn> columns_;
  std::unique_ptr<ArrowInput> arrow_;
  std::unique_ptr<TsvPlan> tsv_;
};

}  // namespace icefall
