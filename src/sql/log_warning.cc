#include "sql/log_warning.h"

#include "duckdb/logging/logger.hpp"

namespace icefall {

void LogWarning(duckdb::DatabaseInstance& instance, const std::string& message) {
  constexpr auto kLogType = "icefall";
  auto& logger = duckdb::Logger::Get(instance);
  if (!logger.ShouldLog(kLogType, duckdb::LogLevel::LOG_WARNING)) return;
  logger.WriteLog(kLogType, duckdb::LogLevel::LOG_WARNING, message.c_str());
}

}  // namespace icefall
