#include "database/newest_number.h"

#include <algorithm>
#include <string>

#include "database/catalog_codec.h"
#include "log/icefall/outcome_trace.h"

namespace icefall {

Result<DatabaseSequence> FindNewestNumber(ObjectStore& store) {
  ICEFALL_ASSIGN_OR_RETURN(DatabaseSequence newest,
                           NewestLine(store, std::string(kCatalogDirectory)));
  TransactionOutcomes outcomes(store);
  CatalogLog names(store, std::string(kCatalogDirectory), outcomes, CatalogCodec());
  const auto catalog = names.Refresh({});
  if (!catalog && !IsDamage(catalog.error().code())) return Fail(catalog.error());
  if (!catalog) return newest;
  for (const CatalogObjectPointer& table : catalog->state->Tables()) {
    ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence of_table, NewestLine(store, table->directory));
    newest = std::max(newest, of_table);
  }
  return newest;
}

Result<DatabaseSequence> FindSettled(ObjectStore& store, DatabaseSequence published) {
  ICEFALL_ASSIGN_OR_RETURN(const DatabaseSequence newest, FindNewestNumber(store));
  return std::max(published, DatabaseSequence(newest.value == 0 ? 0 : newest.value - 1));
}

}  // namespace icefall
