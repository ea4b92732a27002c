#include "python/loader/python_objects.h"

#include <dlfcn.h>

namespace icefall::python {
namespace {

template <typename Symbol>
bool Find(const char* name, Symbol*& symbol) {
  symbol = reinterpret_cast<Symbol*>(::dlsym(RTLD_DEFAULT, name));
  return symbol != nullptr;
}

Python FindAll() {
  Python found;
  void* type_type = nullptr;
  const bool all =
      Find("PyList_GetItem", found.list_get) && Find("PyList_Size", found.list_size) &&
      Find("PyDict_Next", found.dict_next) && Find("PyDict_GetItemWithError", found.dict_get) &&
      Find("PyDict_Size", found.dict_size) &&
      Find("PyLong_AsLongLongAndOverflow", found.long_value) &&
      Find("PyFloat_AsDouble", found.float_value) && Find("PyUnicode_AsUTF8AndSize", found.text) &&
      Find("PyObject_Str", found.as_text) && Find("PyObject_CallOneArg", found.call) &&
      Find("Py_IncRef", found.retain) && Find("Py_DecRef", found.release) &&
      Find("PyErr_SetString", found.set_error) && Find("PyErr_Clear", found.clear_error) &&
      Find("PyEval_SaveThread", found.let_others_run) &&
      Find("PyEval_RestoreThread", found.run_again) && Find("_Py_NoneStruct", found.none) &&
      Find("_Py_TrueStruct", found.true_object) && Find("PyDict_Type", found.dict_type) &&
      Find("PyLong_Type", found.long_type) && Find("PyFloat_Type", found.float_type) &&
      Find("PyBool_Type", found.bool_type) && Find("PyUnicode_Type", found.text_type) &&
      Find("PyExc_TypeError", found.type_error) && Find("PyExc_MemoryError", found.memory_error) &&
      Find("PyType_Type", type_type);
  found.is_known = all && Python::TypeOf(found.dict_type) == type_type &&
                   Python::TypeOf(found.true_object) == found.bool_type;
  return found;
}

}  // namespace

const Python& Python::Get() {
  static const Python python = FindAll();
  return python;
}

}  // namespace icefall::python
