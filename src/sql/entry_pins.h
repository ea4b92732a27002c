// Keeps catalog entries alive until the query that used them is over.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"

namespace icefall {

// DuckDB ends the transaction first and the query after, and what it still does in between, such
// as printing a profile, looks at entries.
class EntryPins : public duckdb::ClientContextState {
 public:
  static void Hold(duckdb::ClientContext& context, std::vector<std::shared_ptr<const void>> pins) {
    auto state = context.registered_state->GetOrCreate<EntryPins>("icefall_entry_pins");
    for (auto& pin : pins) state->pins_.push_back(std::move(pin));
  }

  void QueryEnd() override { pins_.clear(); }

 private:
  std::vector<std::shared_ptr<const void>> pins_;
};

}  // namespace icefall
