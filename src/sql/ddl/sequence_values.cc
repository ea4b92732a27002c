#include "sql/ddl/sequence_values.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "database/catalog_change.h"
#include "sql/ddl/stored_statement.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_schema_entry.h"
#include "sql/icefall_transaction.h"

namespace icefall {
namespace {

constexpr uint64_t kFirstBlock = 32, kBlockMax = 65536;

// The first value that is not reserved; absent before the first reservation.
std::optional<int64_t> StoredNext(const CatalogObject& sequence) {
  const auto found = sequence.properties.find(kSequenceNext);
  if (found == sequence.properties.end()) return std::nullopt;
  int64_t value = 0;
  const auto& text = found->second;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc() && end == text.data() + text.size()) return value;
  ThrowError(Error(ErrorCode::kCorruption,
                   fmt::format("{}: expected a number as its property {}, found '{}'",
                               Describe(sequence), kSequenceNext, text)));
}

struct Block {
  uint64_t values;
  int64_t next;  // the sequence's counter after them
};

// At most `wanted` values from the counter on; none when it is at its end.
Block BlockAt(const duckdb::SequenceData& data, uint64_t wanted) {
  __extension__ using Wide = __int128;
  const Wide counter = data.counter, increment = data.increment;
  const Wide room = increment > 0 ? data.max_value - counter : counter - data.min_value;
  const Wide step = increment > 0 ? increment : -increment;
  if (room < 0) return {0, data.counter};
  Wide values = std::min<Wide>(wanted, room / step + 1);
  Wide next = counter + values * increment;
  if (data.cycle && (next > data.max_value || next < data.min_value)) {
    next = increment > 0 ? data.min_value : data.max_value;
  }
  // As in DuckDB, a value behind which there is no number is never handed out.
  if (next > std::numeric_limits<int64_t>::max() || next < std::numeric_limits<int64_t>::min()) {
    --values;
    next -= increment;
  }
  return {static_cast<uint64_t>(values), static_cast<int64_t>(next)};
}

}  // namespace

struct SequenceValues::State {
  std::mutex mutex;  // guards what follows
  SchemaEntryPointer schema;
  // DuckDB's own, which knows how to count. Temporary ones do not look for DuckDB's transactions.
  std::unique_ptr<duckdb::SequenceCatalogEntry> counter;
  uint64_t left = 0;  // values of the reserved block
  uint64_t block = kFirstBlock;
};

SequenceValues::SequenceValues(IcefallCatalog& catalog) : catalog_(catalog) {}

SequenceValues::~SequenceValues() = default;

std::shared_ptr<SequenceValues::State> SequenceValues::StateOf(const CatalogObject& sequence) {
  const std::lock_guard lock(mutex_);
  auto& state = states_[sequence.uuid];
  if (!state) state = std::make_shared<State>();
  return state;
}

// Makes the counter stand where the catalog does, unless a block is still to be used.
void SequenceValues::Load(IcefallTransaction& transaction, const CatalogObject& sequence,
                          State& state) {
  if (state.counter && state.left > 0) return;
  const auto next = StoredNext(sequence);
  if (state.counter) {
    const auto data = state.counter->GetData();
    if (!next || data.counter == *next) return;
    if (data.usage_count > 0) {
      state.counter->ReplayValue(data.usage_count + 1, *next);
      return;
    }
  }
  const auto names = transaction.Names();
  const auto schema = names->schemas.find({"", sequence.name.schema});
  if (schema == names->schemas.end()) {
    throw duckdb::CatalogException(
        fmt::format("schema \"{}\" does not exist", sequence.name.schema));
  }
  state.schema = catalog_.entries().Schema(schema->second);
  auto info = ParseDefinition(*state.schema, sequence);
  auto& create = info->Cast<duckdb::CreateSequenceInfo>();
  create.name = sequence.name.name;
  create.temporary = true;
  if (next) create.start_value = *next;
  state.counter = std::make_unique<duckdb::SequenceCatalogEntry>(catalog_, *state.schema, create);
}

void SequenceValues::Reserve(IcefallTransaction& transaction, const CatalogObject& sequence,
                             State& state) {
  for (;;) {
    const auto own = Unwrap(catalog_.database().Begin());
    auto object = FindByUuid(*Unwrap(own->Catalog()), sequence.uuid);
    // One that this transaction has made is not there yet for others.
    const bool is_new = object == nullptr;
    if (is_new) object = FindByUuid(*transaction.Names(), sequence.uuid);
    if (!object) {
      throw duckdb::CatalogException(
          fmt::format("Sequence with name {} does not exist!", sequence.name.name));
    }
    Load(transaction, *object, state);
    const auto block = BlockAt(state.counter->GetData(), state.block);
    if (block.values == 0) return;
    auto replaced = *object;
    replaced.properties[kSequenceNext] = std::to_string(block.next);
    Unwrap((is_new ? transaction.engine() : *own).ReplaceObject(object->uuid, std::move(replaced)));
    if (!is_new) {
      const auto outcome = own->Commit();
      if (!outcome && outcome.error().code() == ErrorCode::kConflict) continue;
      Unwrap(outcome);
    }
    state.left = block.values;
    state.block = std::min(state.block * 2, kBlockMax);
    return;
  }
}

int64_t SequenceValues::Next(IcefallTransaction& transaction, duckdb::DuckTransaction& system,
                             const CatalogObject& sequence) {
  const auto state = StateOf(sequence);
  const std::lock_guard lock(state->mutex);
  if (state->left == 0) Reserve(transaction, sequence, *state);
  const auto value = state->counter->NextValue(system);
  if (state->left > 0) --state->left;
  return value;
}

int64_t SequenceValues::Current(IcefallTransaction& transaction, const CatalogObject& sequence) {
  const auto state = StateOf(sequence);
  const std::lock_guard lock(state->mutex);
  Load(transaction, sequence, *state);
  return state->counter->CurrentValue();
}

std::shared_ptr<duckdb::CatalogEntry> SequenceValues::MakeEntry(IcefallTransaction& transaction,
                                                                const CatalogObject& sequence) {
  const auto state = StateOf(sequence);
  const std::lock_guard lock(state->mutex);
  Load(transaction, sequence, *state);
  // The copy is not temporary.
  auto copy = state->counter->Copy(*transaction.context.lock());
  copy->name = sequence.name.name;
  if (!sequence.comment.empty()) copy->comment = duckdb::Value(sequence.comment);
  return std::shared_ptr<duckdb::CatalogEntry>(copy.release());
}

void SequenceValues::GiveBack() {
  const std::lock_guard lock(mutex_);
  for (const auto& [uuid, state] : states_) {
    const std::lock_guard state_lock(state->mutex);
    if (state->left == 0) continue;
    const auto data = state->counter->GetData();
    const auto block = BlockAt(data, state->left);
    state->left = 0;
    const auto own = catalog_.database().Begin();
    if (!own) return;
    const auto names = (*own)->Catalog();
    const auto object = names ? FindByUuid(**names, uuid) : nullptr;
    // Only while nobody has reserved the values behind them.
    if (!object || StoredNext(*object) != block.next) continue;
    auto replaced = *object;
    replaced.properties[kSequenceNext] = std::to_string(data.counter);
    // Where this fails the values are a gap.
    if ((*own)->ReplaceObject(uuid, std::move(replaced))) static_cast<void>((*own)->Commit());
  }
}

}  // namespace icefall
