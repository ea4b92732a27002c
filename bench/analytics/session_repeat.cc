// How long a session takes to give an answer that it gave before: prints microseconds per query.
// Usage: session_repeat DATABASE "SELECT …" [repetitions [new]]
// With "new" a comment makes every text another one, of which no answer is kept.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "session/session.h"

namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

// Of a query whose rows are all fetched; negative when it fails.
double Ask(icefall::Session& session, const std::string& sql) {
  const auto started = std::chrono::steady_clock::now();
  auto result = session.Query(sql);
  std::vector<icefall::Row> rows;
  do {
    if (!result || !result->FetchRows(rows)) return -1;
  } while (!rows.empty());
  return Microseconds(std::chrono::steady_clock::now() - started).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const size_t repetitions = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 100'000;
  auto session = icefall::Session::Open(argv[1], {});
  if (!session) {
    fmt::print(stderr, "{}\n", session.error().message());
    return 1;
  }
  fmt::print("first  {:10.2f}\n", Ask(**session, argv[2]));
  std::vector<double> times(repetitions);
  const bool is_new = argc > 4 && std::string_view(argv[4]) == "new";
  for (size_t i = 0; i < repetitions; ++i) {
    times[i] =
        Ask(**session, is_new ? fmt::format("{} -- {} {}", argv[2], ::getpid(), i) : argv[2]);
  }
  std::ranges::sort(times);
  for (const double part : {0.5, 0.9, 0.99}) {
    const auto place = static_cast<size_t>(part * static_cast<double>(repetitions - 1));
    fmt::print("p{:<5} {:10.2f}\n", part * 100, times[place]);
  }
  return times.front() < 0 ? 1 : 0;
}
