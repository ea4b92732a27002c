// Random changes of a table and random questions about it, which repeat: what is kept of answers is
// for those that come back.
//
// Each question has one answer: rows in a total order, floating sums only of numbers that add up
// exactly, estimates only where they are DuckDB's own.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace icefall {

class Questions {
 public:
  explicit Questions(uint64_t seed) : random_(seed) {}

  uint64_t Pick(uint64_t count) { return random_() % count; }
  bool Percent(uint64_t percent) { return Pick(100) < percent; }

  // The tables `t` and `d`, and the view `v`. `options`: what follows the columns of `t`.
  static std::vector<std::string> Definitions(const std::string& options);
  // What may follow the columns of `t`.
  std::string Options();

  // Of rows, for both engines.
  std::string Change();
  // Of how an icefall table is stored, which no answer shows.
  std::string Maintenance();
  std::string Ask();

 private:
  const std::string& Of(const std::vector<std::string>& items) { return items[Pick(items.size())]; }
  std::string Insert();
  std::string Aggregates(const std::string& prefix);
  std::string Keys();
  std::string Filter();
  std::string Aggregation();
  std::string Bounds();
  std::string Rows();
  std::string Join();
  std::string Nested();

  std::mt19937_64 random_;
};

}  // namespace icefall
