// SPDX-License-Identifier: BSL-1.0
#pragma once
// The maximum number of pages that an allocator will ever reserve: given to its constructor, or by its type.
#include <cstddef>
#include <cstdint>

#include <quire/units.hpp>

namespace quire {

/// The most pages that an allocator will take for one memory, in its own unit. Given to the constructor. Without it the
/// limit is 4 GiB, 1 GiB where addresses have 32 bits, or the room of a buffer.
template <std::size_t Bytes>
struct basic_limits {
  basic_pages<Bytes> maximum;
};
/// For allocators that count in pages of 64 KiB, as all do that do not choose another unit.
using limits = basic_limits<65536>;

/// The compile-time form: `Pages` pages of the allocator's own unit, checked at compile time against a fixed store.
template <std::uint64_t Pages>
struct fixed_limits {
  /// In pages of the allocator.
  static constexpr std::uint64_t maximum = Pages;
};

namespace detail {
template <class T>
inline constexpr bool is_fixed_limits = false;
template <std::uint64_t Pages>
inline constexpr bool is_fixed_limits<fixed_limits<Pages>> = true;
}  // namespace detail

}  // namespace quire
