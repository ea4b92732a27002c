#include "sql/store/error_names.h"

#include "duckdb/common/error_data.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/connection_manager.hpp"
#include "duckdb/planner/extension_callback.hpp"

namespace icefall {
namespace {

// False: there is nothing to change.
bool Rename(duckdb::ErrorData& error) {
  const std::string& message = error.RawMessage();
  const std::string named = WithStoreNames(message);
  if (named == message) return false;
  error = duckdb::ErrorData(duckdb::Exception(error.ExtraInfo(), error.Type(), named));
  return true;
}

struct ErrorNames : public duckdb::ClientContextState {
  void QueryEnd(duckdb::ClientContext&, duckdb::optional_ptr<duckdb::ErrorData> error) override {
    if (error != nullptr && error->HasError()) Rename(*error);
  }
};

struct OnNewConnection : public duckdb::ExtensionCallback {
  void OnConnectionOpened(duckdb::ClientContext& context) override {
    context.registered_state->GetOrCreate<ErrorNames>("icefall_error_names");
  }
};

}  // namespace

void NameStoresInErrors(duckdb::DatabaseInstance& db) {
  auto callback = duckdb::make_shared_ptr<OnNewConnection>();
  for (const auto& context : duckdb::ConnectionManager::Get(db).GetConnectionList()) {
    callback->OnConnectionOpened(*context);
  }
  duckdb::ExtensionCallback::Register(duckdb::DBConfig::GetConfig(db), std::move(callback));
}

void RethrowWithStoreNames(const std::exception& thrown) {
  duckdb::ErrorData error(thrown);
  if (Rename(error)) error.Throw();
  throw;
}

}  // namespace icefall
