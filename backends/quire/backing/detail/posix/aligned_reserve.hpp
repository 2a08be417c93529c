// SPDX-License-Identifier: BSL-1.0
#pragma once
// Reserves address space at an alignment that mmap does not take, and over mapped pages. Shared by the stores over
// mmap.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::backing::detail {

/// Where address space is plentiful, reservations are a multiple of a huge page: Linux has aligned such lengths itself
/// since 6.7, so one call suffices.
inline constexpr std::size_t reserve_granule = sizeof(void*) < 8 ? 1 : std::size_t{2} << 20;

[[nodiscard]] inline std::size_t misalignment(const void* p, std::size_t alignment) noexcept {
  return reinterpret_cast<std::uintptr_t>(p) & (alignment - 1);
}

template <class Calls>
BOOST_FORCEINLINE void give_back(std::byte* p, std::size_t bytes) noexcept {
  if (bytes != 0) (void)Calls::munmap(p, bytes);
}

/// mmap(MAP_FIXED): replaces all mappings there.
template <class Calls>
BOOST_FORCEINLINE int reserve_over(page_run r) noexcept {
  return Calls::mmap(r.base, r.bytes, Calls::prot_none, Calls::map_reservation | Calls::map_fixed).error;
}

/// Rarely needed, so out of line. Requests the first aligned address below `p`, which is usually free, as the kernel
/// fills downwards; otherwise maps `alignment` more bytes and gives both ends back.
template <class Calls, int Protection>
BOOST_NOINLINE reservation move_to_alignment(std::byte* p, std::size_t bytes, std::size_t alignment,
                                             int flags) noexcept {
  if (const int n = Calls::munmap(p, bytes)) return {nullptr, n};
  void* const below = reinterpret_cast<void*>(align_down(reinterpret_cast<std::uintptr_t>(p), alignment));
  auto got = Calls::mmap(below, bytes, Protection, flags);
  if (got.error != 0) return {nullptr, got.error};
  if (misalignment(got.address, alignment) == 0) return {static_cast<std::byte*>(got.address), 0};
  if (const int n = Calls::munmap(got.address, bytes)) return {nullptr, n};

  got = Calls::mmap(nullptr, bytes + alignment, Protection, flags);
  if (got.error != 0) return {nullptr, got.error};
  auto* const begin = static_cast<std::byte*>(got.address);
  const std::size_t low = misalignment(begin, alignment), surplus = low == 0 ? 0 : alignment - low;
  give_back<Calls>(begin, surplus);
  give_back<Calls>(begin + surplus + bytes, alignment - surplus);
  return {begin + surplus, 0};
}

/// One call if the kernel aligns the mapping itself, three to seven if it does not. At `hint` if that is free.
template <class Calls, int Protection = Calls::prot_none>
BOOST_FORCEINLINE reservation reserve_aligned(std::size_t bytes, std::size_t alignment, int flags,
                                              std::byte* hint = nullptr) noexcept {
  const auto got = Calls::mmap(hint, bytes, Protection, flags);
  if (got.error != 0) return {nullptr, got.error};
  auto* const p = static_cast<std::byte*>(got.address);
  if (misalignment(p, alignment) == 0) return {p, 0};
  return move_to_alignment<Calls, Protection>(p, bytes, alignment, flags);
}

}  // namespace quire::backing::detail
