#include "sql/connection_state.h"

#include <iterator>

#include "duckdb/common/error_data.hpp"

#include "sql/store/error_names.h"

namespace icefall {

duckdb::shared_ptr<ConnectionState> ConnectionState::Of(duckdb::ClientContext& context) {
  return context.registered_state->GetOrCreate<ConnectionState>("icefall");
}

void ConnectionState::Hold(std::vector<std::shared_ptr<const void>> pins) {
  pins_.insert(pins_.end(), std::make_move_iterator(pins.begin()),
               std::make_move_iterator(pins.end()));
}

void ConnectionState::QueryEnd(duckdb::ClientContext&,
                               duckdb::optional_ptr<duckdb::ErrorData> error) {
  LetGo();
  if (error != nullptr && error->HasError()) UseStoreNames(*error);
}

}  // namespace icefall
