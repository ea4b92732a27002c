// Cells of a DuckDB vector as JSON, as plain text and as values: one class per shape of type.
#pragma once

#include <memory>
#include <string>

#include "duckdb/common/types/vector.hpp"

#include "session/value.h"

namespace icefall::output {

// Bytes have no one text form: JSON, CSV and tables show hexadecimal digits, TSV takes base64.
enum class BinaryText : uint8_t { kHex, kBase64 };

// Reads one column, chunk after chunk: Bind, then any calls for rows of that chunk. The vector
// must live until the next Bind. Asking for a NULL cell is allowed for AppendJson only.
class Cell {
 public:
  virtual ~Cell() = default;

  virtual void Bind(duckdb::Vector& vector, duckdb::idx_t count) = 0;

  bool IsNull(duckdb::idx_t row) const { return !validity_->RowIsValid(row); }
  // A JSON value; "null" for NULL.
  void AppendJson(duckdb::idx_t row, std::string& out) const;
  // The bare text: what a CSV field or a table cell holds before quoting.
  virtual void AppendText(duckdb::idx_t row, std::string& out) const = 0;
  virtual Value ToValue(duckdb::idx_t row) const;

 protected:
  // Flattens the vector and remembers its NULLs.
  void BindValidity(duckdb::Vector& vector, duckdb::idx_t count);
  virtual void AppendJsonValue(duckdb::idx_t row, std::string& out) const = 0;

 private:
  const duckdb::ValidityMask* validity_ = nullptr;
};

std::unique_ptr<Cell> MakeCell(const duckdb::LogicalType& type,
                               BinaryText binary = BinaryText::kHex);

// A type whose values are shown flush right.
bool IsNumber(const duckdb::LogicalType& type);

}  // namespace icefall::output
