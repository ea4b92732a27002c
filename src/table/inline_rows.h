// Rows that travel inside commit lines until they are flushed into a data file.
//
// A table has one inline fragment. Every row ever inlined has a position in it, given at commit in
// ascending order and never reused; deleted positions are kept in one deletion vector over
// them. Flushing raises the floor: everything below it has moved into data files.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/deletion_vector.h"
#include "table/ids.h"

namespace icefall {

// The rows that one commit inlined. Immutable and shared between snapshots.
struct InlineBatch {
  uint64_t first_position = 0;
  uint64_t row_count = 0;
  Sequence added_at;
  SchemaId schema;              // whose top-level, stored fields the values follow, in order
  std::vector<FieldId> fields;  // the fields of each row, in order
  // JSON text: an array of rows, each an array of values; see docs/format/inline-rows.md.
  std::string rows;
  // Row i has id row_ids[i] where given (moved rows), else first_row_id + i.
  RowId first_row_id;
  std::vector<std::optional<RowId>> row_ids;  // empty: no row was moved

  RowId RowIdOf(uint64_t row) const;  // row < row_count
};

using InlineBatchPointer = std::shared_ptr<const InlineBatch>;

// The batches of a table by ascending positions. A value type that shares its blocks with those it
// was derived from: copying costs one pointer per kBlockSize batches, adding one at most a block.
class InlineBatches {
 public:
  static constexpr size_t kBlockSize = 128;

  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = InlineBatchPointer;
    using difference_type = std::ptrdiff_t;
    using pointer = const InlineBatchPointer*;
    using reference = const InlineBatchPointer&;

    Iterator() = default;
    Iterator(const InlineBatches* batches, size_t index) : batches_(batches), index_(index) {}
    reference operator*() const { return (*batches_)[index_]; }
    pointer operator->() const { return &**this; }
    reference operator[](difference_type n) const { return *(*this + n); }
    Iterator& operator++() { return *this += 1; }
    Iterator& operator--() { return *this += -1; }
    Iterator operator++(int) { return std::exchange(*this, *this + 1); }
    Iterator operator--(int) { return std::exchange(*this, *this - 1); }
    Iterator& operator+=(difference_type n) {
      index_ = static_cast<size_t>(static_cast<difference_type>(index_) + n);
      return *this;
    }
    Iterator& operator-=(difference_type n) { return *this += -n; }
    friend Iterator operator+(Iterator it, difference_type n) { return it += n; }
    friend Iterator operator+(difference_type n, Iterator it) { return it += n; }
    friend Iterator operator-(Iterator it, difference_type n) { return it += -n; }
    friend difference_type operator-(const Iterator& a, const Iterator& b) {
      return static_cast<difference_type>(a.index_) - static_cast<difference_type>(b.index_);
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }
    auto operator<=>(const Iterator& other) const { return index_ <=> other.index_; }

   private:
    const InlineBatches* batches_ = nullptr;
    size_t index_ = 0;
  };
  using value_type = InlineBatchPointer;
  using const_iterator = Iterator;
  using iterator = Iterator;

  InlineBatches() = default;
  InlineBatches(std::initializer_list<InlineBatchPointer> batches);

  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const InlineBatchPointer& operator[](size_t i) const {
    return (*blocks_[(first_ + i) / kBlockSize])[(first_ + i) % kBlockSize];
  }
  const InlineBatchPointer& front() const { return (*this)[0]; }
  const InlineBatchPointer& back() const { return (*this)[size_ - 1]; }
  // The batch of the row at the position; null when there is none.
  InlineBatchPointer Find(uint64_t position) const;

  uint64_t row_count() const { return row_count_; }    // of all batches
  uint64_t size_bytes() const { return size_bytes_; }  // of their text
  // That the batches were written under, with how many of them.
  const std::map<SchemaId, size_t>& schemas() const { return schemas_; }

  void push_back(InlineBatchPointer batch);
  void DropFront(size_t count);
  void clear() { *this = InlineBatches(); }

 private:
  using Block = std::vector<InlineBatchPointer>;

  std::vector<std::shared_ptr<const Block>> blocks_;  // of kBlockSize batches each but the last
  size_t first_ = 0;                                  // in the first block
  size_t size_ = 0;
  uint64_t row_count_ = 0;
  uint64_t size_bytes_ = 0;
  std::map<SchemaId, size_t> schemas_;
};

// The inline fragment at one snapshot. Cheap to derive.
struct InlineRows {
  InlineBatches batches;  // ascending positions; none wholly below the floor
  uint64_t floor = 0;     // positions below are gone
  uint64_t next_position = 0;
  std::shared_ptr<const DeletionVector> deletes;  // over positions >= floor; null when none
  Sequence deletes_version;                       // see Fragment::deletes_version

  uint64_t physical_count() const;  // rows in the batches at or above the floor
  uint64_t live_count() const { return physical_count() - (deletes ? deletes->cardinality() : 0); }
  uint64_t size_bytes() const { return batches.size_bytes(); }  // of the batches' text
  DeletionVector LivePositions() const;
};

}  // namespace icefall
