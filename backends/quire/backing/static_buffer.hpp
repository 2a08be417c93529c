// SPDX-License-Identifier: BSL-1.0
#pragma once
// A buffer that the program has from the start: no system, no heap, and no faults. Pages are cleared when they are
// committed.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <quire/backing/detail/buffer/location.hpp>
#include <quire/static_storage.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::backing {

/// Why a buffer could not be reserved: the native code of an error of allocate at `step::reserve`.
enum class buffer_error : int {
  too_small = 0x100,  // out_of_address_space
  misaligned,         // invalid_argument
  in_use              // already_allocated
};

namespace detail {

/// The operations of all buffers, wherever they lie.
template <class Place>
struct buffer_verbs {
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Place where{};

  static constexpr std::size_t base_alignment = Place::alignment;
  static constexpr std::size_t largest_page = usual_alignment;
  static constexpr store_traits traits{
      .fault = fault::none, .success_is_memory = true, .failure_is_error = true, .releasable = false};

  static constexpr std::size_t page_bytes() noexcept { return largest_page; }
  static constexpr errc code_of(step, int native) noexcept {
    switch (static_cast<buffer_error>(native)) {
      case buffer_error::too_small: return errc::out_of_address_space;
      case buffer_error::misaligned: return errc::invalid_argument;
      case buffer_error::in_use: return errc::already_allocated;
    }
    return errc::system;
  }

  /// Claims the buffer.
  reservation reserve(std::size_t bytes, std::size_t alignment, const attributes&) const noexcept {
    if (bytes > where.size()) return {nullptr, static_cast<int>(buffer_error::too_small)};
    if (!is_aligned(reinterpret_cast<std::uintptr_t>(where.begin()), alignment))
      return {nullptr, static_cast<int>(buffer_error::misaligned)};
    if (!where.take()) return {nullptr, static_cast<int>(buffer_error::in_use)};
    return {where.begin(), 0};
  }
  /// Clears the pages.
  static int commit(page_run r, const attributes&) noexcept {
    std::memset(r.base, 0, r.bytes);
    return 0;
  }
  static int decommit(page_run, const attributes&) noexcept { return 0; }
  /// Gives the claim back. The buffer keeps its contents until it is committed again.
  int release(page_run, page_run, const attributes&) const noexcept {
    where.give_back();
    return 0;
  }
  /// Clears the pages.
  static int discard(page_run r, const attributes& requested) noexcept { return commit(r, requested); }

  /// The whole buffer, used or not.
  [[nodiscard]] page_run buffer() const noexcept { return {where.begin(), where.size()}; }
  /// Whether the buffer records that it is in use. If not, two allocators over it do not notice each other.
  [[nodiscard]] constexpr bool is_claimable() const noexcept { return where.is_claimable(); }

  /// The size of the buffer, rounded down to whole granules.
  static constexpr std::size_t buffer_bytes() noexcept
    requires requires { typename std::integral_constant<std::size_t, Place::size()>; }
  {
    return align_down(Place::size(), largest_page);
  }
  [[nodiscard]] std::size_t buffer_bytes() const noexcept { return align_down(where.size(), largest_page); }
};

}  // namespace detail

/// | `Where` | the buffer |
/// |---|---|
/// | a `quire::static_storage` | claimed by one allocator at a time |
/// | an array of `std::byte` | unchecked: two allocators over it do not notice each other |
/// | two linker symbols, `extern std::byte begin[], end[]` | unchecked, unless a `storage_claim` is the third |
/// | nothing | given to the allocator: `static_buffer{span}`, unchecked; `{span, claim}` and `{storage}`, claimed |
///
/// A memory begins at the beginning of the buffer, which has the alignment of its type: if that is too small, allocate
/// returns errc::invalid_argument.
template <auto&... Where>
struct static_buffer : detail::buffer_verbs<detail::place<Where...>> {};

template <>
struct static_buffer<> : detail::buffer_verbs<detail::place<>> {
  constexpr static_buffer() noexcept = default;
  /// The buffer must outlive the allocator.
  constexpr explicit static_buffer(std::span<std::byte> buffer) noexcept
      : buffer_verbs{.where{.all{buffer.data(), buffer.size()}}} {}
  constexpr static_buffer(std::span<std::byte> buffer, storage_claim& claim) noexcept
      : buffer_verbs{.where{.all{buffer.data(), buffer.size()}, .claim = &claim}} {}
  template <std::size_t Bytes, verification Level, std::size_t Alignment>
  constexpr explicit static_buffer(static_storage<Bytes, Level, Alignment>& storage) noexcept
      : static_buffer(storage.span(), storage.claim) {}
};

static_buffer(std::span<std::byte>) -> static_buffer<>;
static_buffer(std::span<std::byte>, storage_claim&) -> static_buffer<>;
template <std::size_t Bytes, verification Level, std::size_t Alignment>
static_buffer(static_storage<Bytes, Level, Alignment>&) -> static_buffer<>;

}  // namespace quire::backing
