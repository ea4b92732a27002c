// Runs a fuzz target without libFuzzer: replay [--changes N] FILE-OR-FOLDER…
// Every file once as it is, and N copies of it with a few bytes changed, the same ones every time.
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

}  // namespace

int main(int argc, char** argv) {
  uint64_t changes = 0;
  uint64_t runs = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--changes") == 0 && i + 1 < argc) {
      changes = std::stoull(argv[++i]);
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
