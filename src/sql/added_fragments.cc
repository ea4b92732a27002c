#include "sql/added_fragments.h"

#include <utility>

namespace icefall {

std::vector<FragmentPointer> AddedFragments(const Snapshot& snapshot) {
  std::vector<FragmentPointer> added;
  // The last ids are those of the last commit.
  for (auto id = snapshot.next_fragment_id.value; id-- > 0;) {
    auto fragment = snapshot.fragments.Find(FragmentId(id));
    if (fragment == nullptr || fragment->added_at != snapshot.sequence) break;
    added.push_back(std::move(fragment));
  }
  return added;
}

}  // namespace icefall
