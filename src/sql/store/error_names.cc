#include "sql/store/error_names.h"

#include "duckdb/common/error_data.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/connection_manager.hpp"
#include "duckdb/planner/extension_callback.hpp"

#include "sql/connection_state.h"

namespace icefall {
namespace {

struct OnNewConnection : public duckdb::ExtensionCallback {
  void OnConnectionOpened(duckdb::ClientContext& context) override { ConnectionState::Of(context); }
};

}  // namespace

bool UseStoreNames(duckdb::ErrorData& error) {
  const std::string& message = error.RawMessage();
  const std::string named = WithStoreNames(message);
  if (named == message) return false;
  error = duckdb::ErrorData(duckdb::Exception(error.ExtraInfo(), error.Type(), named));
  return true;
}

void NameStoresInErrors(duckdb::DatabaseInstance& db) {
  auto callback = duckdb::make_shared_ptr<OnNewConnection>();
  for (const auto& context : duckdb::ConnectionManager::Get(db).GetConnectionList()) {
    callback->OnConnectionOpened(*context);
  }
  duckdb::ExtensionCallback::Register(duckdb::DBConfig::GetConfig(db), std::move(callback));
}

void RethrowWithStoreNames(const std::exception& thrown) {
  duckdb::ErrorData error(thrown);
  if (UseStoreNames(error)) error.Throw();
  throw;
}

}  // namespace icefall
