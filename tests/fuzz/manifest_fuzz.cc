// A manifest of a table or a catalog: refused, or the same again after writing.
#include <string>

#include "base/hash.h"
#include "database/catalog_codec.h"
#include "log/icefall/table_codec.h"
#include "store/memory_store.h"
#include "tests/fuzz/fuzz_target.h"

namespace icefall::fuzz {
namespace {

template <typename Codec>
void ReadAs(Codec& codec, const std::string& text) {
  const auto manifest = DecodeManifest(text, Codec::kKind);
  if (!manifest) return;
  const auto state = codec.Decode(*manifest);
  if (!state) return;
  const auto written = codec.Encode(**state);
  Require(written.has_value(), "a state that was read cannot be written");
  const auto again = codec.Decode(*written);
  Require(again.has_value(), "a state that was written cannot be read");
  Require(Codec::Same(**state, **again), "a manifest says something else");
}

}  // namespace
}  // namespace icefall::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  static MemoryStore store{SystemClock()};
  // The table of the golden database, whose manifest is in the corpus.
  static TableCodec tables{store, SystemClock(), "t", "019aa4b7-2f60-7000-bad1-9471e3dc836b"};
  static CatalogCodec catalogs;
  const std::string line(fuzz::AsText(data, size));
  // With the hash that the second line must have.
  const std::string text = line + "\n{\"sha256\":\"" + Sha256Hex(line) + "\"}\n";
  fuzz::ReadAs(tables, text);
  fuzz::ReadAs(catalogs, text);
  return 0;
}
