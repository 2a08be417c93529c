// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reserves near an address, in a gap between mappings; nothing is ever replaced.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/address_gaps.hpp>
#include <quire/units.hpp>

namespace quire::backing::detail {

/// mmap(MAP_FIXED_NOREPLACE): `Calls::exists` if something is mapped there. Before Linux 4.17 the flag is unknown and
/// the address a hint, so that the result is looked at.
template <class Calls>
[[nodiscard]] reservation reserve_where_free(std::uint64_t base, std::size_t bytes, int protection,
                                             int flags) noexcept {
  void* const wanted = reinterpret_cast<void*>(quire::detail::integer_cast<std::uintptr_t>(base));
  const auto got = Calls::mmap(wanted, bytes, protection, flags | Calls::map_where_free);
  if (got.error != 0) return {nullptr, got.error};
  if (got.address == wanted) return {static_cast<std::byte*>(got.address), 0};
  const int n = Calls::munmap(got.address, bytes);
  return {nullptr, n != 0 ? n : Calls::exists};
}

/// Where mappings are hidden: tries places away from the target, on both sides in turn, about a thousand in all.
template <class Calls>
[[nodiscard]] BOOST_NOINLINE reservation probe_within(std::size_t bytes, std::size_t alignment, int protection,
                                                      int flags, const address_request& wanted) noexcept {
  constexpr std::uint64_t on_each_side = 512;
  const quire::detail::nearest_gap measure(bytes, alignment, wanted);
  const std::uint64_t target = reinterpret_cast<std::uintptr_t>(wanted.target),
                      step = (std::max<std::uint64_t>(wanted.reach / on_each_side, bytes) | (alignment - 1)) + 1,
                      lowest =
                          std::max(quire::detail::lowest_address<Calls>(), target - std::min(target, wanted.reach)),
                      middle = target & ~std::uint64_t{alignment - 1};
  for (std::uint64_t i = 0; i <= on_each_side; ++i)
    for (const bool above : {false, true}) {
      const std::uint64_t base = above ? middle + i * step : middle - i * step;
      if ((!above && i * step > middle) || base < lowest || measure.distance_of(base) > wanted.reach) continue;
      const reservation got = reserve_where_free<Calls>(base, bytes, protection, flags);
      if (got.native != Calls::exists && got.native != Calls::no_memory && got.native != Calls::forbidden) return got;
    }
  return {nullptr, Calls::no_memory};
}

/// In the gap nearest to the target. Another thread may take it between the look and the call: then it is looked again.
/// `no_memory` if no gap is within reach.
template <class Calls>
[[nodiscard]] BOOST_NOINLINE reservation reserve_within(std::size_t bytes, std::size_t alignment, int protection,
                                                        int flags, const address_request& wanted) noexcept {
  const std::size_t granule = std::max(alignment, Calls::page_bytes());
  for (int look = 0; look < 16; ++look) {
    bool was_read = false;
    const auto gap = quire::detail::find_gap<Calls>(bytes, granule, wanted, was_read);
    if (!was_read) return probe_within<Calls>(bytes, granule, protection, flags, wanted);
    if (!gap || gap->distance > wanted.reach) break;
    const reservation got = reserve_where_free<Calls>(gap->base, bytes, protection, flags);
    if (got.native != Calls::exists) return got;
  }
  return {nullptr, Calls::no_memory};
}

}  // namespace quire::backing::detail
