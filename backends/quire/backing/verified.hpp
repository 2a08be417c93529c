// SPDX-License-Identifier: BSL-1.0
#pragma once
// A store over a buffer that does not trust the buffer's memory; the level decides how much it checks.
#include <algorithm>
#include <boost/config.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <quire/backing/detail/buffer/canaries.hpp>
#include <quire/backing/detail/buffer/memory_test.hpp>
#include <quire/detail/duplicated_word.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>
#include <quire/verification.hpp>

namespace quire::backing {

/// A buffer in which nothing faults, and which reports where it lies and whether it can be claimed: `static_buffer`,
/// and its wrappers.
template <class S>
concept verifiable_store =
    buffer_store<S> && discarding_store<S> && S::traits.fault == fault::none && requires(const S& c) {
      { c.buffer() } noexcept -> std::same_as<page_run>;
      { c.is_claimable() } noexcept -> std::same_as<bool>;
      typename std::integral_constant<std::size_t, S::base_alignment>;
    };

/// quire/verification.hpp documents what a level checks, and when; a finding is an errc::damaged whose native code is a
/// `quire::damage`. A damaged memory is not handed out again: deallocate refuses it too, and its buffer stays claimed.
///
/// Cost: `minimal` makes a few comparisons in allocate and deallocate; `standard` reads some five words in each call
/// that changes the size; `full` reads and writes the whole region twice in allocate; `critical` compares four words in
/// every call, and doubles the size of the object. `edge_before` and `edge_after` return the bytes that it takes from
/// the buffer.
template <class S, verification Level>
struct verified {
  static_assert(verifiable_store<S>,
                "quire: verification needs a store over a buffer in which nothing faults (backing::static_buffer)");
  using wrapped = S;
  /// The store over the buffer.
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS S store{};

  static constexpr std::size_t largest_page = S::largest_page;
  static constexpr store_traits traits = S::traits;
  template <class T>
  using word = std::conditional_t<Level == verification::critical, duplicated<T>, word_of<S, T>>;

  static constexpr errc code_of(step at, int native) noexcept {
    if (native < static_cast<int>(damage::unclaimable) || native > static_cast<int>(damage::copies))
      return S::code_of(at, native);
    const bool misused = at == step::reserve && native <= static_cast<int>(damage::geometry);
    return misused ? errc::invalid_argument : errc::damaged;
  }
  [[nodiscard]] std::size_t page_bytes() const noexcept { return store.page_bytes(); }
  static constexpr std::size_t buffer_bytes() noexcept
    requires buffer_of_known_size<S>
  {
    return without_edges(S::buffer_bytes());
  }
  [[nodiscard]] std::size_t buffer_bytes() const noexcept { return without_edges(store.buffer_bytes()); }

  reservation reserve(std::size_t bytes, std::size_t alignment, const attributes& requested) noexcept {
    if (!store.is_claimable()) return refusal(damage::unclaimable);
    const page_run all{store.buffer().base, bytes + edges::before + edges::after};
    const reservation got = store.reserve(all.bytes, alignment, requested);
    if (got.native != 0) return got;
    if (got.base != all.base || all.bytes > store.buffer().bytes || !is_aligned(address_of(got.base), alignment))
      return given_up(all, damage::geometry, requested);
    if constexpr (Level >= verification::full)
      if (!detail::memory_test<S>::passes(all)) return given_up(all, damage::memory, requested);
    if constexpr (has_edges) at_edges().open(bytes);
    return {base(), 0};
  }

  int commit(page_run r, const attributes& requested) noexcept {
    if constexpr (!has_edges) return store.commit(r, requested);
    const auto record = at_edges().read();
    if (!record) return record.error();
    const std::size_t from = offset_of(r), to = from + r.bytes;
    if ((from != 0 && from != record->end) || r.bytes > record->bytes - from) return static_cast<int>(damage::bounds);
    if (const int missing = at_edges().missing_canary(*record)) return missing;
    if (const int n = store.commit(r, requested)) return n;
    at_edges().commit_up_to(*record, std::max(record->end, to));
    return 0;
  }

  /// Also undoes a failed commit, whose run the record does not contain.
  outcome decommit(page_run r, const attributes& requested) noexcept {
    if constexpr (!has_edges) return store.decommit(r, requested);
    const auto record = at_edges().read();
    if (!record) return {record.error(), true};
    const std::size_t from = offset_of(r);
    if (from > record->end || (from != record->end && from + r.bytes != record->end))
      return {static_cast<int>(damage::bounds), true};
    if (const outcome done = store.decommit(r, requested); done.native != 0) return done;
    at_edges().commit_up_to(*record, from);
    return {};
  }

  outcome discard(page_run r, const attributes& requested) noexcept {
    if constexpr (has_edges) {
      const auto record = at_edges().read();
      if (!record) return {record.error(), true};
      if (offset_of(r) > record->end || r.bytes > record->end - offset_of(r))
        return {static_cast<int>(damage::bounds), true};
    }
    return store.discard(r, requested);
  }

  int release(page_run whole, page_run accessible, const attributes& requested) noexcept {
    if (whole.base != base()) return static_cast<int>(damage::geometry);
    if constexpr (has_edges) {
      const auto record = at_edges().read();
      if (!record) return record.error();
      if (whole.bytes != record->bytes || accessible.bytes < record->end) return static_cast<int>(damage::bounds);
      if (const int missing = at_edges().missing_canary(*record)) return missing;
    }
    return store.release({store.buffer().base, whole.bytes + edges::before + edges::after}, accessible, requested);
  }

 private:
  using edges = detail::buffer_edges<Level, S::base_alignment>;
  static constexpr bool has_edges = Level >= verification::standard;

  static constexpr std::size_t without_edges(std::size_t bytes) noexcept {
    return bytes - std::min(bytes, edges::before + edges::after);
  }
  static std::uintptr_t address_of(const std::byte* p) noexcept { return reinterpret_cast<std::uintptr_t>(p); }
  std::byte* base() const noexcept { return store.buffer().base + edges::before; }
  /// For a run that lies before the memory, the result exceeds the size of any memory.
  std::size_t offset_of(page_run r) const noexcept { return address_of(r.base) - address_of(base()); }
  edges at_edges() const noexcept { return {base(), buffer_bytes()}; }

  static reservation refusal(damage found) noexcept { return {nullptr, static_cast<int>(found)}; }
  reservation given_up(page_run all, damage found, const attributes& requested) noexcept {
    (void)store.release(all, {all.base, 0}, requested);
    return refusal(found);
  }
};

/// Checks nothing, and costs nothing.
template <class S>
struct verified<S, verification::off> : S {
  using wrapped = S;
};

}  // namespace quire::backing
