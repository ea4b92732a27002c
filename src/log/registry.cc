#include "log/registry.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "log/icefall/icefall_table_log.h"

namespace icefall {
namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<TableLog> (*make)(TableLogContext context);
};

// Names are stored; frozen.
constexpr std::array<Entry, 1> kLogs = {{
    {"icefall", MakeIcefallTableLog},
}};

}  // namespace

Result<std::unique_ptr<TableLog>> MakeTableLog(std::string_view log_name, TableLogContext context) {
  std::vector<std::string_view> known;
  for (const Entry& entry : kLogs) {
    if (entry.name == log_name) return entry.make(std::move(context));
    known.push_back(entry.name);
  }
  return Fail(ErrorCode::kUnsupported,
              fmt::format("table directory '{}': unknown log '{}', expected one of: {}",
                          context.directory, log_name, fmt::join(known, ", ")));
}

}  // namespace icefall
