#include "python/loader/call.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <string>

#include <fmt/format.h>

#include "python/loader/operations.h"

namespace icefall::python {

namespace {

using Json = nlohmann::json;

const std::map<std::string, Operation>& Operations() {
  static const std::map<std::string, Operation> operations = {
      {"resolve", Resolve}, {"history", History},      {"check", Check},
      {"doctor", Doctor},   {"import_tsv", ImportTsv}, {"export_tsv", ExportTsv},
      {"convert", Convert},
  };
  return operations;
}

Result<Json> Dispatch(const Json& request, const Stop& stop) {
  const std::string name = request.at("function");
  const auto found = Operations().find(name);
  if (found == Operations().end()) {
    return Fail(ErrorCode::kInternal, fmt::format("there is no function '{}'", name));
  }
  return found->second(request, stop);
}

Json ErrorAnswer(std::string_view code, std::string_view message) {
  return {{"error", {{"code", code}, {"message", message}}}};
}

// No exception may reach the C caller.
Json Answer(const char* request, const Stop& stop) {
  try {
    const auto result = Dispatch(Json::parse(request), stop);
    if (!result.has_value()) {
      return ErrorAnswer(ErrorCodeName(result.error().code()), result.error().message());
    }
    return {{"value", *result}};
  } catch (const std::exception& error) {
    return ErrorAnswer(ErrorCodeName(ErrorCode::kInternal), error.what());
  }
}

}  // namespace

}  // namespace icefall::python

char* icefall_call(const char* request, const bool* stop) {
  using icefall::python::Stop;
  static_assert(sizeof(Stop) == sizeof(bool) && Stop::is_always_lock_free);
  const auto& stops = *reinterpret_cast<const Stop*>(stop);
  // Paths need not be UTF-8, JSON must be.
  const std::string answer = icefall::python::Answer(request, stops)
                                 .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return strdup(answer.c_str());
}

void icefall_free(char* answer) { std::free(answer); }
