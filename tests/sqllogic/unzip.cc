#include "tests/sqllogic/unzip.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include <zlib.h>

namespace icefall::sqllogic {

void Unzip(const std::string& source, const std::string& target,
           const std::string& default_directory) {
  std::filesystem::path path = target;
  if (target.empty() || target == "NULL") {
    path = std::filesystem::path(default_directory) / std::filesystem::path(source).stem();
  }
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> input(gzopen(source.c_str(), "rb"), gzclose);
  if (!input) throw std::runtime_error("unzip: cannot open " + source);
  std::ofstream output(path, std::ios::binary);
  std::array<char, 65536> buffer{};
  int read = 0;
  while ((read = gzread(input.get(), buffer.data(), buffer.size())) > 0) {
    output.write(buffer.data(), read);
  }
  if (read < 0 || !output.flush()) throw std::runtime_error("unzip: cannot unpack " + source);
}

}  // namespace icefall::sqllogic
