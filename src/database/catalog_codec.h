// How the catalog is stored in its log: the Codec of StateLog. See docs/format/catalog.md.
#pragma once

#include <memory>
#include <string_view>

#include "database/catalog_change.h"
#include "database/catalog_snapshot.h"
#include "log/icefall/state_log.h"

namespace icefall {

class CatalogCodec {
 public:
  using State = CatalogSnapshot;
  using Change = CatalogChange;
  static constexpr std::string_view kKind = "catalog";
  struct Step {
    CatalogSnapshotPointer state;
    std::shared_ptr<const CatalogChange> change;
  };

  // Error: kCorruption.
  Result<Step> Apply(const CatalogSnapshot* parent, const VerifiedLine& line);
  Result<CatalogSnapshotPointer> Decode(const Manifest& manifest);
  Result<Manifest> Encode(const CatalogSnapshot& catalog);

  static bool Same(const CatalogSnapshot& a, const CatalogSnapshot& b);

  // "changes" of a line; `database_uuid` stands in the first one only.
  static Json EncodeChanges(std::string_view database_uuid, const CatalogChange& change);
};

using CatalogLog = StateLog<CatalogCodec>;

}  // namespace icefall
