#include "python/loader/dict_columns.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "arrow/array.h"
#include "arrow/builder.h"
#include "arrow/c/bridge.h"
#include "arrow/record_batch.h"
#include "arrow/type.h"
#include <dlfcn.h>

namespace icefall::python {
namespace {

// The interpreter's stable interface, found when it is there: the engine also runs without Python.
struct Python {
  using Object = void;
  Object* (*list_get)(Object* list, intptr_t index) = nullptr;  // borrowed
  intptr_t (*list_size)(Object* list) = nullptr;
  int (*dict_next)(Object* dict, intptr_t* place, Object** key, Object** value) = nullptr;
  Object* (*dict_get)(Object* dict, Object* key) = nullptr;  // borrowed
  intptr_t (*dict_size)(Object* dict) = nullptr;
  long long (*long_value)(Object* number, int* overflow) = nullptr;
  double (*float_value)(Object* number) = nullptr;
  const char* (*text)(Object* text, intptr_t* size_bytes) = nullptr;
  void (*clear_error)() = nullptr;
  Object* none = nullptr;
  Object* true_object = nullptr;
  Object* dict_type = nullptr;
  Object* long_type = nullptr;
  Object* float_type = nullptr;
  Object* bool_type = nullptr;
  Object* text_type = nullptr;
  bool is_known = false;

  static const Python& Get() {
    static const Python python = Find();
    return python;
  }

  // An object begins with a count of references of one word, then its type; Find makes sure.
  static Object* TypeOf(Object* object) { return static_cast<Object**>(object)[1]; }

 private:
  template <typename Symbol>
  static bool Find(const char* name, Symbol*& symbol) {
    symbol = reinterpret_cast<Symbol*>(::dlsym(RTLD_DEFAULT, name));
    return symbol != nullptr;
  }

  static Python Find() {
    Python found;
    Object* type_type = nullptr;
    const bool all =
        Find("PyList_GetItem", found.list_get) && Find("PyList_Size", found.list_size) &&
        Find("PyDict_Next", found.dict_next) && Find("PyDict_GetItemWithError", found.dict_get) &&
        Find("PyDict_Size", found.dict_size) &&
        Find("PyLong_AsLongLongAndOverflow", found.long_value) &&
        Find("PyFloat_AsDouble", found.float_value) &&
        Find("PyUnicode_AsUTF8AndSize", found.text) && Find("PyErr_Clear", found.clear_error) &&
        Find("_Py_NoneStruct", found.none) && Find("_Py_TrueStruct", found.true_object) &&
        Find("PyDict_Type", found.dict_type) && Find("PyLong_Type", found.long_type) &&
        Find("PyFloat_Type", found.float_type) && Find("PyBool_Type", found.bool_type) &&
        Find("PyUnicode_Type", found.text_type) && Find("PyType_Type", type_type);
    found.is_known =
        all && TypeOf(found.dict_type) == type_type && TypeOf(found.true_object) == found.bool_type;
    return found;
  }
};

// The values of one key. Nothing more is added once they turn out to be of several kinds.
class Column {
 public:
  Column(const Python& python, void* key, int64_t row_count)
      : python_(python), key_(key), row_count_(row_count) {}

  void* key() const { return key_; }

  // Null for a row that lacks the key.
  void Add(void* value) {
    if (value == nullptr || value == python_.none) {
      AddNull();
    } else if (is_mixed_) {
      return;
    } else if (void* type = Python::TypeOf(value); type == python_.long_type) {
      int overflow = 0;
      const long long number = python_.long_value(value, &overflow);
      if (overflow != 0) return Mix();
      if (auto* builder = Builder<arrow::Int64Builder>(arrow::Type::INT64))
        builder->UnsafeAppend(number);
    } else if (type == python_.float_type) {
      if (auto* builder = Builder<arrow::DoubleBuilder>(arrow::Type::DOUBLE)) {
        builder->UnsafeAppend(python_.float_value(value));
      }
    } else if (type == python_.text_type) {
      AddText(value);
    } else if (type == python_.bool_type) {
      if (auto* builder = Builder<arrow::BooleanBuilder>(arrow::Type::BOOL)) {
        builder->UnsafeAppend(value == python_.true_object);
      }
    } else {
      Mix();
    }
  }

  // Null where the values are of several kinds, or unknown.
  std::shared_ptr<arrow::Array> Finish() {
    std::shared_ptr<arrow::Array> array;
    if (is_mixed_ || builder_ == nullptr || !builder_->Finish(&array).ok()) return nullptr;
    return array;
  }

 private:
  void Mix() {
    is_mixed_ = true;
    builder_.reset();
  }

  void AddNull() {
    if (builder_ == nullptr) {
      ++null_count_;
    } else if (!builder_->AppendNull().ok()) {
      Mix();
    }
  }

  void AddText(void* value) {
    auto* builder = Builder<arrow::StringBuilder>(arrow::Type::STRING);
    if (builder == nullptr) return;
    intptr_t size_bytes = 0;
    const char* bytes = python_.text(value, &size_bytes);
    if (bytes == nullptr) {
      python_.clear_error();
      return Mix();
    }
    if (size_bytes > INT32_MAX) return Mix();
    if (!builder->Append(bytes, static_cast<int32_t>(size_bytes)).ok()) Mix();
  }

  // Null when values of another kind came before.
  template <typename T>
  T* Builder(arrow::Type::type type) {
    if (builder_ == nullptr) {
      auto made = std::make_unique<T>();
      if (made->Reserve(row_count_).ok() && made->AppendNulls(null_count_).ok()) {
        type_ = type;
        builder_ = std::move(made);
      }
    }
    if (builder_ == nullptr || type_ != type) {
      Mix();
      return nullptr;
    }
    return static_cast<T*>(builder_.get());
  }

  const Python& python_;
  void* const key_;
  const int64_t row_count_;
  int64_t null_count_ = 0;  // before the first value
  bool is_mixed_ = false;
  arrow::Type::type type_ = arrow::Type::NA;
  std::unique_ptr<arrow::ArrayBuilder> builder_;
};

// False when the row is no dict, or has a key that is no column.
bool AddRow(const Python& python, void* row, std::vector<Column>& columns) {
  if (Python::TypeOf(row) != python.dict_type) return false;
  intptr_t found_count = 0;
  for (Column& column : columns) {
    void* value = python.dict_get(row, column.key());
    found_count += value != nullptr ? 1 : 0;
    column.Add(value);
  }
  return found_count == python.dict_size(row);
}

std::vector<Column> ColumnsOf(const Python& python, void* row, int64_t row_count) {
  std::vector<Column> columns;
  intptr_t place = 0;
  void* key = nullptr;
  void* value = nullptr;
  while (python.dict_next(row, &place, &key, &value) != 0) {
    if (Python::TypeOf(key) != python.text_type) return {};
    columns.emplace_back(python, key, row_count);
  }
  return columns;
}

std::shared_ptr<arrow::RecordBatch> BatchOf(const Python& python, void* rows) {
  const intptr_t row_count = python.list_size(rows);
  void* first = python.list_get(rows, 0);
  if (Python::TypeOf(first) != python.dict_type) return nullptr;
  std::vector<Column> columns = ColumnsOf(python, first, row_count);
  if (columns.empty()) return nullptr;
  for (intptr_t i = 0; i < row_count; ++i) {
    if (!AddRow(python, python.list_get(rows, i), columns)) return nullptr;
  }
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (Column& column : columns) {
    auto array = column.Finish();
    intptr_t size_bytes = 0;
    const char* name = array == nullptr ? nullptr : python.text(column.key(), &size_bytes);
    if (name == nullptr) continue;
    fields.push_back(
        arrow::field(std::string(name, static_cast<size_t>(size_bytes)), array->type()));
    arrays.push_back(std::move(array));
  }
  python.clear_error();
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), row_count, std::move(arrays));
}

}  // namespace
}  // namespace icefall::python

int icefall_columns_of_dicts(void* rows, void* batch, void* schema) {
  const auto& python = icefall::python::Python::Get();
  if (!python.is_known) return 0;
  const auto made = icefall::python::BatchOf(python, rows);
  if (made == nullptr) return 0;
  const auto exported = arrow::ExportRecordBatch(*made, static_cast<ArrowArray*>(batch),
                                                 static_cast<ArrowSchema*>(schema));
  return exported.ok() ? 1 : 0;
}
