#include "session/output/nested_cells.h"

#include <string>
#include <vector>

#include "duckdb/common/types/vector.hpp"

#include "session/output/json_text.h"

namespace icefall::output {

using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Vector;

namespace {

class NestedCell : public Cell {
 public:
  void AppendText(idx_t row, std::string& out) const override { AppendJsonValue(row, out); }
};

class StructCell : public NestedCell {
 public:
  StructCell(const LogicalType& type, BinaryText binary) {
    for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
      std::string key;
      AppendJsonString(name, key);
      keys_.push_back(key + ":");
      children_.push_back(MakeCell(child, binary));
    }
  }
  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    auto& entries = duckdb::StructVector::GetEntries(vector);
    for (size_t i = 0; i < children_.size(); ++i) children_[i]->Bind(*entries[i], count);
  }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    out += '{';
    for (size_t i = 0; i < children_.size(); ++i) {
      if (i > 0) out += ',';
      out += keys_[i];
      children_[i]->AppendJson(row, out);
    }
    out += '}';
  }

 private:
  std::vector<std::string> keys_;
  std::vector<std::unique_ptr<Cell>> children_;
};

class ListCell : public NestedCell {
 public:
  ListCell(const LogicalType& element, BinaryText binary) : element_(MakeCell(element, binary)) {}

  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    entries_ = duckdb::ListVector::GetData(vector);
    element_->Bind(duckdb::ListVector::GetEntry(vector), duckdb::ListVector::GetListSize(vector));
  }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    AppendElements(entries_[row].offset, entries_[row].length, out);
  }
  void AppendElements(idx_t offset, idx_t length, std::string& out) const {
    out += '[';
    for (idx_t i = 0; i < length; ++i) {
      if (i > 0) out += ',';
      element_->AppendJson(offset + i, out);
    }
    out += ']';
  }

  std::unique_ptr<Cell> element_;

 private:
  const duckdb::list_entry_t* entries_ = nullptr;
};

class ArrayCell : public ListCell {
 public:
  ArrayCell(const LogicalType& type, BinaryText binary)
      : ListCell(duckdb::ArrayType::GetChildType(type), binary),
        size_(duckdb::ArrayType::GetSize(type)) {}

  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    element_->Bind(duckdb::ArrayVector::GetEntry(vector), count * size_);
  }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    AppendElements(row * size_, size_, out);
  }

 private:
  idx_t size_;
};

class MapCell : public NestedCell {
 public:
  MapCell(const LogicalType& type, BinaryText binary)
      : key_(MakeCell(duckdb::MapType::KeyType(type), binary)),
        value_(MakeCell(duckdb::MapType::ValueType(type), binary)) {}

  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    entries_ = duckdb::ListVector::GetData(vector);
    // A map is a list of key and value structs.
    auto& pairs = duckdb::ListVector::GetEntry(vector);
    const idx_t pair_count = duckdb::ListVector::GetListSize(vector);
    pairs.Flatten(pair_count);
    auto& fields = duckdb::StructVector::GetEntries(pairs);
    key_->Bind(*fields[0], pair_count);
    value_->Bind(*fields[1], pair_count);
  }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    out += '{';
    for (idx_t i = 0; i < entries_[row].length; ++i) {
      if (i > 0) out += ',';
      std::string key;
      key_->AppendText(entries_[row].offset + i, key);
      AppendJsonString(key, out);
      out += ':';
      value_->AppendJson(entries_[row].offset + i, out);
    }
    out += '}';
  }

 private:
  std::unique_ptr<Cell> key_;
  std::unique_ptr<Cell> value_;
  const duckdb::list_entry_t* entries_ = nullptr;
};

class UnionCell : public NestedCell {
 public:
  UnionCell(const LogicalType& type, BinaryText binary) {
    for (idx_t i = 0; i < duckdb::UnionType::GetMemberCount(type); ++i) {
      members_.push_back(MakeCell(duckdb::UnionType::GetMemberType(type, i), binary));
    }
  }
  void Bind(Vector& vector, idx_t count) override {
    BindValidity(vector, count);
    auto& tags = duckdb::UnionVector::GetTags(vector);
    tags.Flatten(count);
    tags_ = FlatVector::GetData<duckdb::union_tag_t>(tags);
    for (size_t i = 0; i < members_.size(); ++i) {
      members_[i]->Bind(duckdb::UnionVector::GetMember(vector, i), count);
    }
  }

 protected:
  void AppendJsonValue(idx_t row, std::string& out) const override {
    members_[tags_[row]]->AppendJson(row, out);
  }

 private:
  std::vector<std::unique_ptr<Cell>> members_;
  const duckdb::union_tag_t* tags_ = nullptr;
};

}  // namespace

std::unique_ptr<Cell> MakeNestedCell(const LogicalType& type, BinaryText binary) {
  switch (type.id()) {
    case LogicalTypeId::STRUCT:
      return std::make_unique<StructCell>(type, binary);
    case LogicalTypeId::ARRAY:
      return std::make_unique<ArrayCell>(type, binary);
    case LogicalTypeId::MAP:
      return std::make_unique<MapCell>(type, binary);
    case LogicalTypeId::UNION:
      return std::make_unique<UnionCell>(type, binary);
    default:
      return std::make_unique<ListCell>(duckdb::ListType::GetChildType(type), binary);
  }
}

}  // namespace icefall::output
