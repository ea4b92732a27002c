// Runs a fuzz target without libFuzzer: replay [--changes N] [--random FIRST-LAST] FILE-OR-FOLDER…
// Every file once as it is, and N copies of it with a few bytes changed, the same ones every time.
// Then the random inputs with the numbers FIRST to LAST, each of which is named before it is run.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

using Random = std::mt19937_64;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void ChangeOnce(std::string& text, Random& random) {
  const size_t at = text.empty() ? 0 : random() % text.size();
  const size_t length = std::min<size_t>(1 + random() % 8, text.size() - at);
  switch (random() % 5) {
    case 0:
      if (!text.empty()) text[at] = static_cast<char>(text[at] ^ (1 << random() % 8));
      return;
    case 1:
      text.erase(at, length);
      return;
    case 2:
      text.insert(at, text.substr(at, length));
      return;
    case 3:
      if (!text.empty()) text[at] = static_cast<char>(random() % 256);
      return;
    default: {
      static const char* const kTokens[] = {
          "18446744073709551615", "-1", "null", "\"\"", "[]", "{}", "../", "\xff", "0", "'"};
      text.insert(at, kTokens[random() % std::size(kTokens)]);
    }
  }
}

void Run(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// The same bytes for the same number.
std::string RandomInput(uint64_t number) {
  constexpr size_t kSizeBytesMax = 3000;
  Random random(number);
  std::string text(1 + random() % kSizeBytesMax, '\0');
  for (char& byte : text) byte = static_cast<char>(random() % 256);
  return text;
}

uint64_t RunRandom(const std::string& range) {
  const uint64_t first = std::stoull(range);
  const uint64_t last = std::stoull(range.substr(range.find('-') + 1));
  for (uint64_t number = first; number <= last; ++number) {
    std::cout << "random input " << number << std::endl;
    Run(RandomInput(number));
  }
  return last - first + 1;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t changes = 0;
  uint64_t runs = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--changes") == 0 && i + 1 < argc) {
      changes = std::stoull(argv[++i]);
      continue;
    }
    if (std::strcmp(argv[i], "--random") == 0 && i + 1 < argc) {
      runs += RunRandom(argv[++i]);
      continue;
    }
    for (const auto& path : FilesOf(argv[i])) {
      const std::string text = ReadFile(path);
      Run(text);
      Random random(std::hash<std::string>()(path.filename().string()));
      for (uint64_t change = 0; change < changes; ++change) {
        std::string changed = text;
        for (uint64_t times = 1 + random() % 4; times > 0; --times) ChangeOnce(changed, random);
        Run(changed);
      }
      runs += 1 + changes;
    }
  }
  std::cout << runs << " runs\n";
  // Nothing run is a test that tests nothing.
  return runs > 0 ? 0 : 1;
}
