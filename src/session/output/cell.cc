#include "session/output/cell.h"

#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include <fmt/format.h>

#include "base/base64.h"
#include "session/output/json_text.h"
#include "session/output/nested_cells.h"

namespace icefall::output {

using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Vector;

void Cell::BindValidity(Vector& vector, idx_t count) {
  vector.Flatten(count);
  validity_ = &FlatVector::Validity(vector);
}

void Cell::AppendJson(idx_t row, std::string& out) const {
  if (IsNull(row)) {
    out += "null";
  } else {
    AppendJsonValue(row, out);
  }
}

Value Cell::ToValue(idx_t row) const {
  std::string text;
  AppendText(row, text);
  return text;
}

namespace {

std::string_view View(const duckdb::string_t& text) { return {text.GetData(), text.GetSize()}; }

// Whatever DuckDB's cast to VARCHAR shows well: a JSON string, or bare where JSON has a number.
class CastCell : public Cell {
 public:
  explicit CastCell(bool bare) : bare_(bare), text_(LogicalType::VARCHAR) {}

  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    if (vector.GetType().InternalType() == duckdb::PhysicalType::VARCHAR &&
        vector.GetType().id() == LogicalTypeId::VARCHAR) {
      text_.Reference(vector);
      return;
    }
    Vector fresh(LogicalType::VARCHAR, count);
    duckdb::VectorOperations::DefaultCast(vector, fresh, count);
    fresh.Flatten(count);
    text_.Reference(fresh);
  }
  void AppendText(idx_t row, std::string& out) const override { out += TextAt(row); }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    if (bare_) {
      out += TextAt(row);
    } else {
      AppendJsonString(TextAt(row), out);
    }
  }
  std::string_view TextAt(idx_t row) const {
    return View(FlatVector::GetData<duckdb::string_t>(text_)[row]);
  }

 private:
  bool bare_;
  Vector text_;
};

class BooleanCell : public Cell {
 public:
  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    data_ = FlatVector::GetData<bool>(vector);
  }
  void AppendText(idx_t row, std::string& out) const override {
    out += data_[row] ? "true" : "false";
  }
  Value ToValue(idx_t row) const override { return data_[row]; }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override { AppendText(row, out); }

 private:
  const bool* data_ = nullptr;
};

template <typename Number>
class IntegerCell : public Cell {
 public:
  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    data_ = FlatVector::GetData<Number>(vector);
  }
  void AppendText(idx_t row, std::string& out) const override {
    const fmt::format_int text(data_[row]);
    out.append(text.data(), text.size());
  }
  Value ToValue(idx_t row) const override {
    if (std::in_range<int64_t>(data_[row])) return static_cast<int64_t>(data_[row]);
    return Cell::ToValue(row);
  }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override { AppendText(row, out); }

 private:
  const Number* data_ = nullptr;
};

// JSON has no NaN and no infinities: they become strings, as null would lose which it was.
template <typename Number>
class FloatCell : public CastCell {
 public:
  FloatCell() : CastCell(true) {}

  void Bind(Vector& vector, idx_t count) override {
    CastCell::Bind(vector, count);
    data_ = FlatVector::GetData<Number>(vector);
  }
  Value ToValue(idx_t row) const override { return static_cast<double>(data_[row]); }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    if (std::isnan(data_[row])) {
      out += "\"NaN\"";
    } else if (std::isinf(data_[row])) {
      out += data_[row] > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    } else {
      CastCell::AppendJsonValue(row, out);
    }
  }

 private:
  const Number* data_ = nullptr;
};

class BlobCell : public Cell {
 public:
  explicit BlobCell(BinaryText form) : form_(form) {}

  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    data_ = FlatVector::GetData<duckdb::string_t>(vector);
  }
  void AppendText(idx_t row, std::string& out) const override {
    if (form_ == BinaryText::kBase64) {
      out += Base64Encode(View(data_[row]));
      return;
    }
    for (const char c : View(data_[row])) {
      fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
    }
  }
  Value ToValue(idx_t row) const override { return std::string(View(data_[row])); }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    out += '"';
    AppendText(row, out);
    out += '"';
  }

 private:
  BinaryText form_;
  const duckdb::string_t* data_ = nullptr;
};

// 2024-01-02T03:04:05.123456 with six digits (nine for TIMESTAMP_NS), and Z behind a TIMESTAMP
// WITH TIME ZONE. Where SQL's own text has no such form (infinity, years BC), that text.
class TimestampCell : public CastCell {
 public:
  explicit TimestampCell(LogicalTypeId type) : CastCell(false), type_(type) {}
  Value ToValue(idx_t row) const override { return IsoText(row); }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    AppendJsonString(IsoText(row), out);
  }

 private:
  // SQL's text is "2024-01-02 03:04:05[.fraction][+00]".
  std::string IsoText(idx_t row) const {
    static constexpr size_t kSeconds = std::string_view("2024-01-02 03:04:05").size();
    std::string text(TextAt(row));
    if (text.size() < kSeconds || text[10] != ' ' || text.back() == ')') return text;
    const size_t digits = type_ == LogicalTypeId::TIMESTAMP_NS ? 9 : 6;
    std::string fraction;
    size_t end = kSeconds;
    if (end < text.size() && text[end] == '.') {
      while (++end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) {
        fraction += text[end];
      }
    }
    fraction.resize(digits, '0');
    text[10] = 'T';
    text.resize(kSeconds);
    text += '.' + fraction;
    if (type_ == LogicalTypeId::TIMESTAMP_TZ) text += 'Z';
    return text;
  }

  LogicalTypeId type_;
};

bool IsJsonType(const LogicalType& type) {
  return type.id() == LogicalTypeId::VARCHAR && type.HasAlias() && type.GetAlias() == "JSON";
}

std::unique_ptr<Cell> MakeNumber(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
      return std::make_unique<IntegerCell<int8_t>>();
    case LogicalTypeId::SMALLINT:
      return std::make_unique<IntegerCell<int16_t>>();
    case LogicalTypeId::INTEGER:
      return std::make_unique<IntegerCell<int32_t>>();
    case LogicalTypeId::BIGINT:
      return std::make_unique<IntegerCell<int64_t>>();
    case LogicalTypeId::UTINYINT:
      return std::make_unique<IntegerCell<uint8_t>>();
    case LogicalTypeId::USMALLINT:
      return std::make_unique<IntegerCell<uint16_t>>();
    case LogicalTypeId::UINTEGER:
      return std::make_unique<IntegerCell<uint32_t>>();
    case LogicalTypeId::UBIGINT:
      return std::make_unique<IntegerCell<uint64_t>>();
    case LogicalTypeId::FLOAT:
      return std::make_unique<FloatCell<float>>();
    case LogicalTypeId::DOUBLE:
      return std::make_unique<FloatCell<double>>();
    default:  // HUGEINT, UHUGEINT, BIGNUM, DECIMAL
      return std::make_unique<CastCell>(true);
  }
}

}  // namespace

bool IsNumber(const LogicalType& type) {
  return type.IsNumeric() || type.id() == LogicalTypeId::BIGNUM;
}

std::unique_ptr<Cell> MakeCell(const LogicalType& type, BinaryText binary) {
  if (IsNumber(type)) return MakeNumber(type);
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return std::make_unique<BooleanCell>();
    case LogicalTypeId::BLOB:
      return std::make_unique<BlobCell>(binary);
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
      return std::make_unique<TimestampCell>(type.id());
    case LogicalTypeId::STRUCT:
    case LogicalTypeId::LIST:
    case LogicalTypeId::ARRAY:
    case LogicalTypeId::MAP:
    case LogicalTypeId::UNION:
      return MakeNestedCell(type, binary);
    default:
      return std::make_unique<CastCell>(IsJsonType(type));
  }
}

}  // namespace icefall::output
