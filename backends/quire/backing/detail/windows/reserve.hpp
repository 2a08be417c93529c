// SPDX-License-Identifier: BSL-1.0
#pragma once
// Address space on Windows: on a node, and at an alignment above the system's own.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::backing::detail {

/// Out of line, as few memories prefer a node. An absent node is `not_supported`; the call itself would be refused as
/// if there were no room.
template <class Calls>
[[nodiscard]] BOOST_NOINLINE reservation reserve_on_node(unsigned node, void* where, std::size_t bytes) noexcept {
  unsigned highest = 0;
  if (const int n = Calls::highest_node(highest)) return {nullptr, n};
  if (node > highest) return {nullptr, Calls::not_supported};
  const auto got = Calls::virtual_alloc_on(node, where, bytes, Calls::mem_reserve, Calls::page_no_access);
  return {static_cast<std::byte*>(got.address), got.error};
}

template <class Calls>
[[nodiscard]] BOOST_FORCEINLINE reservation reserve_at(void* where, std::size_t bytes,
                                                       const numa_request& request) noexcept {
  if (request.mode == numa_mode::prefer) return reserve_on_node<Calls>(request.node, where, bytes);
  const auto got = Calls::virtual_alloc(where, bytes, Calls::mem_reserve, Calls::page_no_access);
  return {static_cast<std::byte*>(got.address), got.error};
}

/// A reservation cannot be trimmed: a larger one is reserved and released, and its aligned part is reserved again. If
/// another thread has taken that part meanwhile, this is repeated.
template <class Calls>
[[nodiscard]] BOOST_NOINLINE reservation reserve_aligned_beyond_granule(std::size_t bytes, std::size_t alignment,
                                                                        const numa_request& request) noexcept {
  constexpr int attempts = 8;
  reservation got{nullptr, Calls::invalid_address};
  for (int i = 0; i < attempts && got.native == Calls::invalid_address; ++i) {
    const reservation wide = reserve_at<Calls>(nullptr, bytes + alignment, request);
    if (wide.native != 0) return wide;
    const auto address = reinterpret_cast<std::uintptr_t>(wide.base);
    if (const int n = Calls::virtual_free(wide.base, 0, Calls::mem_release)) return {nullptr, n};
    got = reserve_at<Calls>(wide.base + (align_up(address, alignment) - address), bytes, request);
  }
  return got;
}

}  // namespace quire::backing::detail
