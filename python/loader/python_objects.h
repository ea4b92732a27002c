// The interpreter's stable interface, found when it is there: the engine also runs without Python.
#pragma once

#include <cstdint>
#include <string>

namespace icefall::python {

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
  Object* (*as_text)(Object* object) = nullptr;                   // owned: str(object)
  Object* (*call)(Object* function, Object* argument) = nullptr;  // owned
  void (*retain)(Object* object) = nullptr;
  void (*release)(Object* object) = nullptr;
  void (*set_error)(Object* type, const char* message) = nullptr;
  void (*clear_error)() = nullptr;
  // Gives the interpreter's lock away, and takes it again with what that answered.
  void* (*let_others_run)() = nullptr;
  void (*run_again)(void* thread) = nullptr;
  Object* none = nullptr;
  Object* true_object = nullptr;
  Object* dict_type = nullptr;
  Object* long_type = nullptr;
  Object* float_type = nullptr;
  Object* bool_type = nullptr;
  Object* text_type = nullptr;
  Object** type_error = nullptr;
  Object** memory_error = nullptr;
  // Whether all of it was found, and objects are laid out as TypeOf takes for granted.
  bool is_known = false;

  static const Python& Get();

  // Of a str that is known to have one, as all that DictKeys holds are.
  std::string TextOf(Object* object) const {
    intptr_t size_bytes = 0;
    const char* bytes = text(object, &size_bytes);
    return {bytes, static_cast<size_t>(size_bytes)};
  }

  // An object begins with a count of references of one word, then its type.
  static Object* TypeOf(Object* object) { return static_cast<Object**>(object)[1]; }
};

}  // namespace icefall::python
