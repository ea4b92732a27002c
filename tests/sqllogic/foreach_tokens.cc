#include "tests/sqllogic/foreach_tokens.h"

#include <algorithm>
#include <map>

#include "tests/sqllogic/text.h"

namespace icefall::sqllogic {
namespace {

std::vector<std::string> Joined(std::vector<std::string> first,
                                const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::map<std::string, std::vector<std::string>> MakeCollections() {
  std::map<std::string, std::vector<std::string>> all;
  all["<signed>"] = Words("tinyint smallint integer bigint hugeint");
  all["<unsigned>"] = Words("utinyint usmallint uinteger ubigint uhugeint");
  all["<integral>"] = Joined(all["<signed>"], all["<unsigned>"]);
  all["<numeric>"] = Joined(all["<integral>"], Words("float double"));
  all["<alltypes>"] = Joined(all["<numeric>"], Words("bool interval varchar"));
  all["<compression>"] =
      Words("none uncompressed rle bitpacking dictionary fsst dict_fsst alp alprd");
  all["<all_types_columns>"] = Words(
      "bool tinyint smallint int bigint hugeint uhugeint utinyint usmallint uint ubigint date time "
      "timestamp timestamp_s timestamp_ms timestamp_ns time_tz timestamp_tz float double dec_4_1 "
      "dec_9_4 dec_18_6 dec38_10 uuid interval varchar blob bit small_enum medium_enum large_enum "
      "int_array double_array date_array timestamp_array timestamptz_array varchar_array "
      "nested_int_array struct struct_of_arrays array_of_structs map union fixed_int_array "
      "fixed_varchar_array fixed_nested_int_array fixed_nested_varchar_array fixed_struct_array "
      "struct_of_fixed_array fixed_array_of_int_list list_of_fixed_int_array");
  return all;
}

}  // namespace

std::vector<std::string> ExpandTokens(const std::vector<std::string>& words) {
  static const auto kCollections = MakeCollections();
  std::vector<std::string> tokens;
  for (const std::string& word : words) {
    if (word.starts_with('!')) {
      const auto found = std::ranges::find(tokens, word.substr(1));
      if (found != tokens.end()) {
        tokens.erase(found);
        continue;
      }
    }
    const auto collection = kCollections.find(Lower(word));
    if (collection == kCollections.end()) {
      tokens.push_back(word);
    } else {
      tokens = Joined(std::move(tokens), collection->second);
    }
  }
  return tokens;
}

}  // namespace icefall::sqllogic
