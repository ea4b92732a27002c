// A commit line of a catalog, applied to a catalog: refused, or a state that survives its manifest.
#include <string>

#include <fmt/format.h>

#include "base/hash.h"
#include "database/catalog_codec.h"
#include "tests/fuzz/fuzz_target.h"

namespace icefall::fuzz {
namespace {

void Apply(const CatalogSnapshot* parent, const CommitLine& line) {
  CatalogCodec codec;
  const auto step = codec.Apply(parent, {line, {}, 0, false});
  if (!step) return;
  const auto manifest = codec.Encode(*step->state);
  Require(manifest.has_value(), "a state that was read cannot be written");
  const auto again = codec.Decode(*manifest);
  Require(again.has_value(), "a state that was written cannot be read");
  Require(CatalogCodec::Same(*step->state, **again), "a manifest says something else");
  // The same change a second time: refused, or applied, but no crash.
  if (parent == nullptr) Apply(step->state.get(), line);
}

}  // namespace
}  // namespace icefall::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  const std::string text(fuzz::AsText(data, size));
  auto line = DecodeLine(text);
  // The checksum would stop nearly every change.
  if (!line) line = DecodeLine(text + fmt::format(",\"crc32\":\"{:08x}\"}}", Crc32(text)));
  if (line) fuzz::Apply(nullptr, *line);
  return 0;
}
