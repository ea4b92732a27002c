// One file of facts about the columns of a data file: docs/format/facts-file.md.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accel/mapped_file.h"
#include "base/block_checksum.h"
#include "sql/accel/column_facts.h"

namespace icefall {

// What the facts hold for.
struct FactsIdentity {
  std::string table_uuid;
  std::string path;    // of the data file
  std::string sha256;  // of its bytes
};

// Columns that DuckDB cannot write down are left out.
std::string EncodeFactsFile(const FactsIdentity& identity,
                            const std::vector<FactsOfColumn>& columns);

// What is in a file; columns are read when they are asked for. Immutable.
class FactsFile {
 public:
  struct Extremes {
    std::vector<LiveExtremes::Row> smallest;
    std::vector<LiveExtremes::Row> largest;
  };

  // Null unless the file is one of EncodeFactsFile for `identity`.
  static std::shared_ptr<const FactsFile> Open(const std::string& path,
                                               const FactsIdentity& identity);

  // What is not as it was written, of the bytes of the parts, too, if `reads_all`.
  std::optional<std::string> FindDamage(bool reads_all) const;

  // Absent when there is nothing of the column with this type, or the bytes are damaged.
  std::optional<Extremes> ReadExtremes(FieldId field, const duckdb::LogicalType& type) const;
  // See EncodeNulls. Absent as above, whatever the type; empty when no row is NULL.
  std::optional<std::string_view> ReadNulls(FieldId field) const;

 private:
  struct Part {
    uint64_t begin = 0;
    uint64_t size_bytes = 0;
    uint64_t checksum = 0;
  };
  struct Column {
    FieldId field;
    std::string type;
    Part extremes;
    Part nulls;
  };

  bool ReadColumns(const FactsIdentity& identity);
  // Absent when it is not there; the other also when it is damaged.
  std::optional<std::string_view> FindPart(const Part& part) const;
  std::optional<std::string_view> ReadPart(const Part& part) const;
  const Column* Find(FieldId field) const;

  MappedFilePointer bytes_;
  uint64_t (*checksum_)(std::string_view) = BlockChecksum;  // of its version
  std::vector<Column> columns_;
  // Of each column, whether the NULLs, which may be many bytes, were found to be as written.
  std::unique_ptr<std::atomic<bool>[]> has_sound_nulls_;
};

}  // namespace icefall
