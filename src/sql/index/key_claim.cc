#include "sql/index/key_claim.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sql/icefall_catalog.h"
#include "sql/index/fragment_index.h"
#include "sql/index/key_probe.h"

namespace icefall {

std::string DuplicateKeyMessage(const KeyDefinition& key, const std::string& table,
                                std::string_view key_bytes, DuplicateOf where) {
  const auto named = KeyText(key, key_bytes, true);
  std::string text;
  switch (where) {
    case DuplicateOf::kStoredRow:
      text = fmt::format("Duplicate key \"{}\" violates {} constraint", named,
                         key.is_primary ? "primary key" : "unique");
      break;
    case DuplicateOf::kRowOfTransaction:
      text = fmt::format("PRIMARY KEY or UNIQUE constraint violation: duplicate key \"{}\"", named);
      break;
    case DuplicateOf::kIndexedRow:
      text = "Data contains duplicates on indexed column(s)";
  }
  return fmt::format("{}: unique key violation on index '{}' of table '{}': duplicate key '{}'",
                     text, key.name, table, KeyText(key, key_bytes));
}

KeyClaim::KeyClaim(IcefallCatalog& catalog, const IcefallTableEntry& table, KeyDefinition key,
                   std::vector<KeyRun> runs)
    : catalog_(catalog),
      table_name_(table.name),
      directory_(table.object()->directory),
      key_(std::move(key)),
      runs_(std::move(runs)) {}

Result<void> KeyClaim::CheckFragment(const Fragment& fragment, const ChangeSet& change) const {
  const auto file = FindFragmentIndex(catalog_, directory_, key_, fragment);
  const auto unknown = [&] {
    return Fail(ErrorCode::kConflict,
                fmt::format("table {}: commit {} added {}, which has no index of key '{}' to look "
                            "for the new keys in; try again",
                            table_name_, fragment.added_at.value, fragment.path, key_.name));
  };
  if (file == nullptr) return unknown();
  const auto deleted = change.deleted_rows.find(fragment.id);
  std::string duplicate;
  for (const auto& run : runs_) {
    const auto probed =
        ProbeFragment(*file, fragment, run, [&](std::string_view key, uint64_t position) {
          if (deleted != change.deleted_rows.end() && deleted->second.Contains(position)) {
            return false;
          }
          duplicate = key;
          return true;
        });
    if (!probed.has_value()) return unknown();
    if (duplicate.empty()) continue;
    return Fail(ErrorCode::kConstraint,
                DuplicateKeyMessage(key_, table_name_, duplicate, DuplicateOf::kRowOfTransaction));
  }
  return {};
}

Result<void> KeyClaim::CheckInlineRows(const Snapshot& base, const Snapshot& head,
                                       const ChangeSet& change) const {
  if (head.inline_rows.next_position == base.inline_rows.next_position) return {};
  const auto keys = catalog_.inline_keys().Get(head.table_uuid, key_);
  std::string duplicate;
  const auto visit = [&](std::string_view key, uint64_t position) {
    const bool is_theirs =
        position >= base.inline_rows.next_position && !change.deleted_inline.Contains(position);
    if (is_theirs) duplicate = key;
    return is_theirs;
  };
  for (const auto& run : runs_) {
    if (auto probed = ProbeInlineRows(*keys, head, nullptr, run, visit); !probed.has_value()) {
      return Fail(ErrorCode::kConflict, probed.error().message());
    }
    if (duplicate.empty()) continue;
    return Fail(ErrorCode::kConstraint,
                DuplicateKeyMessage(key_, table_name_, duplicate, DuplicateOf::kRowOfTransaction));
  }
  return {};
}

Result<void> KeyClaim::Check(const Snapshot& base, const Snapshot& head, const ChangeSet& change) {
  Result<void> result;
  FragmentSet::Diff(base.fragments, head.fragments,
                    [&](const FragmentPointer& before, const FragmentPointer& after) {
                      if (before != nullptr || after == nullptr || !result.has_value()) return;
                      // All its rows go with this change.
                      if (std::ranges::binary_search(change.removed_fragments, after->id)) return;
                      result = CheckFragment(*after, change);
                    });
  ICEFALL_RETURN_IF_ERROR(result);
  return CheckInlineRows(base, head, change);
}

}  // namespace icefall
