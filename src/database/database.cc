#include "database/database.h"

#include "database/database_impl.h"
#include "store/registry.h"

namespace icefall {

Result<std::unique_ptr<Database>> Database::Open(std::string_view location,
                                                 const DatabaseOptions& options) {
  const bool creates = options.create_if_missing && !options.read_only;
  auto store =
      OpenStore(location, creates ? StoreOpenMode::kCreateIfMissing : StoreOpenMode::kExisting);
  if (!store) return Fail(std::move(store).error());
  // A URL may have secrets among its options.
  const std::string display =
      (*store)->capabilities().external_path ? std::string(location) : (*store)->name();
  auto database = std::make_unique<DatabaseImpl>(*std::move(store), display, options);
  ICEFALL_RETURN_IF_ERROR(database->Start());
  return database;
}

Result<std::unique_ptr<Database>> Database::Open(std::shared_ptr<ObjectStore> store,
                                                 const DatabaseOptions& options) {
  const std::string name = store->name();
  auto database = std::make_unique<DatabaseImpl>(std::move(store), name, options);
  ICEFALL_RETURN_IF_ERROR(database->Start());
  return database;
}

}  // namespace icefall
