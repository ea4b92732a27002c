// A commit line of a table, applied to a table: refused, or a state that survives its manifest.
#include <string>

#include <fmt/format.h>

#include "base/hash.h"
#include "log/icefall/table_codec.h"
#include "store/memory_store.h"
#include "tests/crash/sample_database.h"
#include "tests/fuzz/fuzz_target.h"

namespace icefall::fuzz {
namespace {

// Of the golden database, whose lines are in the corpus.
constexpr const char* kTableUuid = "019aa4b7-2f60-7000-bad1-9471e3dc836b";

struct Table {
  MemoryStore store{SystemClock()};
  TableCodec codec{store, SystemClock(), "t", kTableUuid};
  SnapshotPointer state;

  Table() {
    const Snapshot initial = EmptySnapshot(kTableUuid, SampleSchema());
    CommitLine line;
    line.sequence = Sequence(1);
    line.operation = "create";
    line.changes = *codec.EncodeChanges(&initial, {});
    auto step = codec.Apply(nullptr, {line, {}, 0, false});
    Require(step.has_value(), "an empty table is refused");
    line.sequence = Sequence(2);
    line.operation = "insert";
    line.changes = *codec.EncodeChanges(nullptr, InsertFile(*step->state, "data/a.parquet", 1000));
    step = codec.Apply(step->state.get(), {line, {}, 0, false});
    Require(step.has_value(), "a data file is refused");
    state = step->state;
  }
};

void Apply(Table& table, const Snapshot* parent, const CommitLine& line) {
  const auto step = table.codec.Apply(parent, {line, {}, 0, false});
  if (!step) return;
  auto manifest = table.codec.Encode(*step->state);
  Require(manifest.has_value(), "a state that was read cannot be written");
  const auto again = table.codec.Decode(*manifest);
  Require(again.has_value(), "a state that was written cannot be read");
  Require(TableCodec::Same(*step->state, **again), "a manifest says something else");
}

}  // namespace
}  // namespace icefall::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  static fuzz::Table table;
  const std::string text(fuzz::AsText(data, size));
  auto line = DecodeLine(text);
  // The checksum would stop nearly every change.
  if (!line) line = DecodeLine(text + fmt::format(",\"crc32\":\"{:08x}\"}}", Crc32(text)));
  if (!line) return 0;
  fuzz::Require(EncodeLine(*line, true).has_value(), "a line that was read cannot be written");
  fuzz::Apply(table, nullptr, *line);
  fuzz::Apply(table, table.state.get(), *line);
  return 0;
}
