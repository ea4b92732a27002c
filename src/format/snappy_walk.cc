#include "format/snappy_walk.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace icefall {
namespace {

constexpr size_t kWalkCount = 8;
// Steps between two marks.
constexpr size_t kBatchSize = 32;
constexpr size_t kBatchInputMax = kBatchSize * kSnappyStepMax;
// Steps after which two walks that have not met are given up.
constexpr size_t kMeetingStepsMax = 1024;
// So near to where a walk began it may be amid an element, and literals longer than this are none,
// most likely.
constexpr size_t kGuessedInputMax = 512;
constexpr size_t kGuessedLiteralMax = size_t{1} << 16;

struct Walk {
  SnappyPlace place;     // the output counts from where the walk began
  size_t end = 0;        // of the input that is this one's
  size_t guess_end = 0;  // of the input where it may be amid an element
};

// A place past the end of `compressed` ends a walk.
void Advance(std::string_view compressed, Walk& walk) {
  auto& [input, output] = walk.place;
  const auto step = kSnappySteps[static_cast<uint8_t>(compressed[input])];
  if (step > 0) {
    input += step & 0xFFFF;
    output += step >> 16;
    return;
  }
  const auto element = ReadSnappyElement(compressed.substr(input));
  const bool is_cut = element.length == 0;
  if (input < walk.guess_end && (is_cut || element.length > kGuessedLiteralMax)) {
    ++input;
    return;
  }
  input = is_cut ? compressed.size() + 1 : input + element.size + element.length;
  output += element.length;
}

using Walks = std::array<Walk, kWalkCount>;
using Marks = std::vector<SnappyPlace>;

// A batch of steps of each walk that is `active`; one that comes to a literal whose length is not
// in its tag stays there. kBatchInputMax bytes can be read from each.
void Step(std::string_view compressed, const std::array<bool, kWalkCount>& active, Walks& walks) {
  static constexpr char kStays = static_cast<char>(kSnappyLengthInTagMax << 2);
  std::array<const char*, kWalkCount> inputs;
  std::array<uint64_t, kWalkCount> outputs{};
  for (size_t i = 0; i < kWalkCount; ++i) {
    inputs[i] = active[i] ? compressed.data() + walks[i].place.input : &kStays;
  }
  for (size_t step = 0; step < kBatchSize; ++step) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kWalkCount; ++i) {
      const auto lead = kSnappySteps[static_cast<uint8_t>(*inputs[i])];
      inputs[i] += lead & 0xFFFF;
      outputs[i] += lead >> 16;
    }
  }
  for (size_t i = 0; i < kWalkCount; ++i) {
    if (!active[i]) continue;
    walks[i].place.input = static_cast<size_t>(inputs[i] - compressed.data());
    walks[i].place.output += outputs[i];
  }
}

// Marks where each walk has been, until it came to its end or close to that of the input.
std::array<Marks, kWalkCount> WalkAll(std::string_view compressed, Walks walks) {
  std::array<Marks, kWalkCount> marks;
  for (;;) {
    std::array<bool, kWalkCount> active;
    for (size_t i = 0; i < kWalkCount; ++i) {
      const size_t input = walks[i].place.input;
      active[i] = input < walks[i].end && input + kBatchInputMax < compressed.size();
      if (active[i]) marks[i].push_back(walks[i].place);
    }
    if (std::ranges::find(active, true) == active.end()) return marks;
    Step(compressed, active, walks);
    for (size_t i = 0; i < kWalkCount; ++i) {
      if (active[i] && walks[i].place.input < compressed.size()) Advance(compressed, walks[i]);
    }
  }
}

// Adds the marks of the walk that begins at `next` to those of the ones before it.
void Join(std::string_view compressed, Walk next, const Marks& marks, Marks& joined) {
  Walk known{joined.back(), next.end, 0};
  while (known.place.input < next.place.input) Advance(compressed, known);
  for (size_t step = 0; step < kMeetingStepsMax; ++step) {
    if (known.place.input == next.place.input) {
      const size_t before = known.place.output - next.place.output;
      joined.push_back(known.place);
      for (const auto& mark : marks) {
        if (mark.input <= known.place.input) continue;
        joined.push_back({mark.input, mark.output + before});
      }
      return;
    }
    auto& behind = known.place.input < next.place.input ? known : next;
    if (behind.place.input >= next.end) break;
    Advance(compressed, behind);
  }
  for (size_t step = 1; known.place.input < next.end; ++step) {
    if (step % kBatchSize == 0) joined.push_back(known.place);
    Advance(compressed, known);
  }
}

}  // namespace

std::optional<std::vector<SnappyPlace>> FindSnappyBlocks(std::string_view compressed, size_t input,
                                                         size_t size_bytes,
                                                         size_t block_size_bytes) {
  Walks walks;
  const size_t share = (compressed.size() - input) / kWalkCount;
  for (size_t i = 0; i < kWalkCount; ++i) {
    const size_t begin = input + i * share;
    const size_t end = i + 1 == kWalkCount ? compressed.size() : begin + share;
    walks[i] = {{begin, 0}, end, i == 0 ? 0 : begin + kGuessedInputMax};
  }
  const auto marks = WalkAll(compressed, walks);
  Marks joined{{input, 0}};
  joined.insert(joined.end(), marks[0].begin(), marks[0].end());
  for (size_t i = 1; i < kWalkCount; ++i) Join(compressed, walks[i], marks[i], joined);

  std::vector<SnappyPlace> blocks;
  Walk walk{{input, 0}, compressed.size(), 0};
  auto mark = joined.begin();
  for (size_t begin = 0; begin < size_bytes; begin += block_size_bytes) {
    for (; mark != joined.end() && mark->output <= begin; ++mark) {
      if (mark->output >= walk.place.output) walk.place = *mark;
    }
    while (walk.place.output < begin && walk.place.input < compressed.size()) {
      Advance(compressed, walk);
    }
    if (walk.place.output < begin) return std::nullopt;
    blocks.push_back(walk.place);
  }
  if (joined.back().output > walk.place.output) walk.place = joined.back();
  while (walk.place.input < compressed.size()) Advance(compressed, walk);
  if (walk.place.output != size_bytes || walk.place.input != compressed.size()) return std::nullopt;
  return blocks;
}

}  // namespace icefall
