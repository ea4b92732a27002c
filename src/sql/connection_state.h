// What we keep of a connection.
#pragma once

#include <memory>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"

namespace icefall {

// In one object: DuckDB goes through a copy of all there are, for each task of a statement, too.
class ConnectionState : public duckdb::ClientContextState {
 public:
  static duckdb::shared_ptr<ConnectionState> Of(duckdb::ClientContext& context);

  // Keeps catalog entries alive until the query that used them is over: DuckDB ends the transaction
  // first and the query after, and what it still does in between, such as printing a profile, looks
  // at entries.
  void Hold(std::vector<std::shared_ptr<const void>> pins);
  // What was planned is over, and there was no query.
  void LetGo() { pins_.clear(); }

  // Names the files of stores in the error as their users know them (store/error_names.h).
  void QueryEnd(duckdb::ClientContext& context,
                duckdb::optional_ptr<duckdb::ErrorData> error) override;

 private:
  std::vector<std::shared_ptr<const void>> pins_;
};

}  // namespace icefall
