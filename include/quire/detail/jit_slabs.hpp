// SPDX-License-Identifier: BSL-1.0
#pragma once
// Pieces of slabs: where functions and their data lie in the address space of a JIT.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include <quire/detail/poisoning.hpp>
#include <quire/detail/run_set.hpp>
#include <quire/detail/sorted_array.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::detail {

inline constexpr std::size_t jit_slab_bytes = std::size_t{2} << 20;

/// What was cut for one function: `bytes` were requested, `taken` is that in whole granules.
struct jit_piece {
  std::byte* base;
  std::size_t bytes, taken;
  bool is_open;  // being written: it cannot be released

  [[nodiscard]] page_run run() const noexcept { return {base, taken}; }
};

/// Pages that were added together. `written` is where pages that are mapped twice are written.
class jit_slab {
 public:
  explicit jit_slab(page_run pages) noexcept : pages_(pages) {}

  /// Cuts a piece: the first place where it fits. Null if there is none, or no memory for records, which `no_memory`
  /// reports. Cost: a search through the free runs, if one may be large enough.
  [[nodiscard]] jit_piece* take(std::size_t bytes, std::size_t alignment, std::size_t granule,
                                bool& no_memory) noexcept {
    const std::size_t taken = align_up(bytes, granule);
    if (taken > most_free_) return nullptr;
    std::byte* const place = first_fit(taken, std::max(alignment, granule));
    if (place == nullptr) return nullptr;
    // Room for the removal below, and for one more free run by the release of each piece, which must not fail.
    if (!pieces_.make_room(1) || !free_.make_room(pieces_.size() + 3)) {
      no_memory = true;
      return nullptr;
    }
    free_.remove({place, taken});
    in_use_ += taken;
    return pieces_.insert(pieces_.behind(place), {place, bytes, taken, true});
  }
  /// The piece that begins there, or null.
  [[nodiscard]] jit_piece* piece_at(const std::byte* base) const noexcept {
    jit_piece* const behind = pieces_.behind(base);
    return behind != pieces_.begin() && behind[-1].base == base ? behind - 1 : nullptr;
  }
  void give(jit_piece* piece) noexcept {
    free_.add(piece->run());
    in_use_ -= piece->taken;
    most_free_ = pages_.bytes;
    pieces_.erase(piece, piece + 1);
  }
  /// Makes all of its pages free. False if there is no memory for records.
  [[nodiscard]] bool open() noexcept {
    if (!free_.make_room(2)) return false;
    free_.add(pages_);
    most_free_ = pages_.bytes;
    return is_open_ = true;
  }
  /// Of a slab without pieces: nothing is cut from it until it is opened again.
  void close() noexcept {
    free_.remove(pages_);
    is_open_ = false;
  }

  [[nodiscard]] page_run pages() const noexcept { return pages_; }
  [[nodiscard]] bool contains(const std::byte* p) const noexcept {
    return !std::less<>()(p, pages_.base) && std::less<>()(p, pages_.base + pages_.bytes);
  }
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
  [[nodiscard]] std::size_t pieces() const noexcept { return pieces_.size(); }

  [[nodiscard]] page_run written_pages() const noexcept { return {written, pages_.bytes}; }
  [[nodiscard]] std::byte* written_at(const std::byte* p) const noexcept { return written + offset_of(p); }
  void show_written(const std::byte* p, std::size_t bytes) const noexcept {
    if (written != nullptr) poisoning::show(written, offset_of(p), offset_of(p) + bytes);
  }
  void hide_written(const std::byte* p, std::size_t bytes) const noexcept {
    if (written != nullptr) poisoning::hide(written, offset_of(p), offset_of(p) + bytes);
  }

  jit_slab* next = nullptr;
  std::byte* written = nullptr;
  bool is_lost = false;  // another mapping may lie there

 private:
  [[nodiscard]] std::size_t offset_of(const std::byte* p) const noexcept {
    return static_cast<std::size_t>(p - pages_.base);
  }
  [[nodiscard]] std::byte* first_fit(std::size_t taken, std::size_t alignment) noexcept {
    std::size_t most = 0;
    page_run rest = pages_;
    for (page_run part = free_.first_part(rest); part.bytes != 0; part = free_.first_part(rest)) {
      const std::size_t surplus = (0 - reinterpret_cast<std::uintptr_t>(part.base)) & (alignment - 1);
      if (surplus <= part.bytes && taken <= part.bytes - surplus) return part.base + surplus;
      most = std::max(most, part.bytes);
      rest = run_set::behind(part, rest);
    }
    most_free_ = most;
    return nullptr;
  }

  page_run pages_;
  run_set free_;
  sorted_array<jit_piece> pieces_;
  std::size_t most_free_ = 0, in_use_ = 0;  // no free run is larger than the first
  bool is_open_ = false;
};

/// A list that owns slabs.
class jit_slabs {
 public:
  jit_slabs() noexcept = default;
  jit_slabs(const jit_slabs&) = delete;
  jit_slabs& operator=(const jit_slabs&) = delete;
  ~jit_slabs() {
    for (jit_slab* each = first_; each != nullptr;) delete std::exchange(each, each->next);
  }

  [[nodiscard]] jit_slab* around(const std::byte* p) const noexcept {
    return find([=](const jit_slab& each) { return each.contains(p); });
  }
  // Where no scope is open, a write to the second address of a page is an error.
  void show_written(const std::byte* p, std::size_t bytes) const noexcept {
    if constexpr (poisoning::active) around(p)->show_written(p, bytes);
  }
  void hide_written(const std::byte* p, std::size_t bytes) const noexcept {
    if constexpr (poisoning::active)
      if (bytes != 0) around(p)->hide_written(p, bytes);
  }
  template <class F>
  [[nodiscard]] jit_slab* find(F fits) const noexcept {
    for (jit_slab* each = first_; each != nullptr; each = each->next)
      if (fits(*each)) return each;
    return nullptr;
  }
  void add(jit_slab* slab) noexcept {
    slab->next = first_;
    first_ = slab;
  }

 private:
  jit_slab* first_ = nullptr;
};

}  // namespace quire::detail
