// How StateLog reads; included by state_log.h only.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace icefall {

template <typename Codec>
auto StateLog<Codec>::NewestStart(const Fits& fits) -> Result<Start> {
  ICEFALL_ASSIGN_OR_RETURN(auto manifests, ListManifests(store_, directory_));
  const auto oldest = manifests.empty() ? std::nullopt : std::optional(manifests.front());
  std::optional<Error> damage;
  Start best;
  // The first `low` manifests fit or are passed over, those from `high` on come too late. The
  // newest one is tried first: it is what is asked for most.
  size_t low = 0, high = manifests.size();
  for (size_t probe = high - 1; low < high; probe = low + (high - low) / 2) {
    auto loaded = ReadManifest(store_, directory_, manifests[probe], Codec::kKind);
    if (loaded && !fits(loaded->manifest.cursor)) {
      high = probe;
      continue;
    }
    auto state =
        loaded ? codec_.Decode(loaded->manifest) : Result<StatePointer>(Fail(loaded.error()));
    if (state) {
      best.entry.state = *std::move(state);
      best.entry.cursor = loaded->manifest.cursor;
      best.manifest_bytes = loaded->size_bytes;
      low = probe + 1;
      continue;
    }
    // A manifest is derived: an older one and the lines after it say the same.
    const ErrorCode code = state.error().code();
    if (code != ErrorCode::kCorruption && code != ErrorCode::kNotFound) return Fail(state.error());
    if (!damage) damage = state.error();
    manifests.erase(manifests.begin() + static_cast<ptrdiff_t>(probe));
    --high;
  }
  if (best.entry.state) return best;
  return StartWithoutManifest(oldest, damage);
}

template <typename Codec>
auto StateLog<Codec>::HintedStart() -> std::optional<Start> {
  const auto sequence = hints_ == nullptr ? std::nullopt : hints_->NewestManifest(directory_);
  if (!sequence) return std::nullopt;
  if (sequence->value == 0) return Start{};
  auto loaded = ReadManifest(store_, directory_, *sequence, Codec::kKind);
  if (!loaded) return std::nullopt;
  auto state = codec_.Decode(loaded->manifest);
  if (!state) return std::nullopt;
  Start start;
  start.entry.state = *std::move(state);
  start.entry.cursor = loaded->manifest.cursor;
  start.manifest_bytes = loaded->size_bytes;
  return start;
}

template <typename Codec>
auto StateLog<Codec>::StartWithoutManifest(const std::optional<Sequence>& oldest,
                                           const std::optional<Error>& damage) -> Result<Start> {
  if (!oldest) return Start{};
  ICEFALL_ASSIGN_OR_RETURN(const auto kept, OldestKept(store_, directory_));
  if (kept) {
    if (damage) return Fail(*damage);
    return Fail(
        ErrorCode::kNotFound,
        fmt::format("log '{}': the oldest state kept is at sequence {}", directory_, kept->value));
  }
  if (auto first = store_.Stat(SegmentKey(directory_, Sequence(1))); !first) {
    if (first.error().code() != ErrorCode::kNotFound) return Fail(std::move(first).error());
    // The lines before the oldest manifest are gone, so nothing else can stand in for it.
    if (damage) return Fail(*damage);
    return Fail(ErrorCode::kNotFound,
                fmt::format("log '{}': the oldest state kept is at sequence {}", directory_,
                            oldest->value));
  }
  return Start{};
}

template <typename Codec>
auto StateLog<Codec>::OldestStart() -> Result<Start> {
  ICEFALL_ASSIGN_OR_RETURN(const auto kept, OldestKept(store_, directory_));
  auto first = store_.Stat(SegmentKey(directory_, Sequence(1)));
  if (first && !kept) return Start{};
  ICEFALL_ASSIGN_OR_RETURN(const auto manifests, ListManifests(store_, directory_));
  for (const Sequence sequence : manifests) {
    if (kept && sequence < *kept) continue;
    const auto loaded = ReadManifest(store_, directory_, sequence, Codec::kKind);
    if (!loaded) continue;  // a later one will do; check reports it
    if (!store_.Stat(SegmentKey(directory_, loaded->manifest.cursor.segment))) continue;
    auto state = codec_.Decode(loaded->manifest);
    if (!state) continue;
    Start start;
    start.entry.state = *std::move(state);
    start.entry.cursor = loaded->manifest.cursor;
    return start;
  }
  return Start{};
}

template <typename Codec>
Result<void> StateLog<Codec>::Replay(Entry start, const Fits& fits, const ReadMode& mode,
                                     const EntryVisitor& visit, LogCursor* end) {
  LogCursor cursor = start.cursor;
  StatePointer state = std::move(start.state);
  auto read = reader_.Read(cursor, mode, [&](VerifiedLine line) -> Result<bool> {
    if (!fits(line.after)) return false;
    auto step = codec_.Apply(state.get(), line);
    if (!step) {
      return Fail(step.error().WithContext(fmt::format(
          "{}: line {} (sequence {})", SegmentKey(directory_, cursor.segment),
          line.line.sequence.value - cursor.segment.value + 1, line.line.sequence.value)));
    }
    state = step->state;
    Entry entry{step->state,
                step->change,
                line.after,
                std::move(line.line.summary),
                line.size_bytes,
                line.aborted,
                line.line.transaction.has_value()};
    ICEFALL_RETURN_IF_ERROR(visit(entry));
    return true;
  });
  ICEFALL_RETURN_IF_ERROR(read);
  if (end != nullptr) *end = cursor;
  return {};
}

template <typename Codec>
void StateLog<Codec>::Add(Entry entry) {
  debt_.log_bytes += entry.size_bytes;
  entries_.push_back(std::move(entry));
  if (entries_.size() <= kEntriesMax) return;
  KeepChange(std::move(entries_.front()));
  entries_.pop_front();
}

template <typename Codec>
void StateLog<Codec>::KeepChange(Entry entry) {
  if (!entry.change) return;  // a manifest's
  entry.state = nullptr;
  change_bytes_ += entry.size_bytes;
  changes_.push_back(std::move(entry));
  while (changes_.size() > kChangesMax || change_bytes_ > kChangeBytesMax) {
    change_bytes_ -= changes_.front().size_bytes;
    changes_.pop_front();
  }
}

template <typename Codec>
Result<void> StateLog<Codec>::Open(const ReadMode& mode) {
  const Fits any = [](const LogCursor&) { return true; };
  const std::optional<Start> hinted = HintedStart();
  ICEFALL_ASSIGN_OR_RETURN(const Start start, hinted ? Result<Start>(*hinted) : NewestStart(any));
  entries_.clear();
  changes_.clear();
  change_bytes_ = 0;
  debt_ = {.manifest_bytes = start.manifest_bytes};
  manifest_ = start.entry.cursor.sequence;
  if (start.entry.state) entries_.push_back(start.entry);
  const auto add = [this](const Entry& entry) -> Result<void> {
    Add(entry);
    return {};
  };
  auto replayed = Replay(start.entry, any, mode, add, &cursor_);
  if (!replayed && replayed.error().code() == ErrorCode::kNotFound) {
    replayed = Fail(ErrorCode::kCorruption,
                    fmt::format("log '{}': segment {} is missing, which holds what follows the "
                                "manifest of sequence {}",
                                directory_, SegmentKey(directory_, start.entry.cursor.segment),
                                start.entry.cursor.sequence.value));
  }
  if (!replayed) {
    entries_.clear();
    return replayed;
  }
  if (entries_.empty()) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("{}: there is no log '{}'", store_.name(), directory_));
  }
  return {};
}

template <typename Codec>
auto StateLog<Codec>::Refresh(const ReadMode& mode) -> Result<Entry> {
  const std::lock_guard lock(mutex_);
  if (!entries_.empty()) {
    Entry newest = entries_.back();
    newest.cursor = cursor_;
    const auto add = [this](const Entry& entry) -> Result<void> {
      Add(entry);
      // Kept in step, so that an error further on loses nothing and repeats nothing.
      cursor_ = entry.cursor;
      return {};
    };
    const auto read = Replay(
        std::move(newest), [](const LogCursor&) { return true; }, mode, add, &cursor_);
    if (read) return entries_.back();
    // The segment was removed behind a manifest that is newer than what is known here.
    if (read.error().code() != ErrorCode::kNotFound) return Fail(read.error());
  }
  ICEFALL_RETURN_IF_ERROR(Open(mode));
  return entries_.back();
}

template <typename Codec>
auto StateLog<Codec>::Head() const -> Entry {
  const std::lock_guard lock(mutex_);
  if (!staged_.empty()) return staged_.back();
  Entry newest = entries_.back();
  newest.cursor = cursor_;
  return newest;
}

template <typename Codec>
bool StateLog<Codec>::loaded() const {
  const std::lock_guard lock(mutex_);
  return !entries_.empty();
}

}  // namespace icefall
