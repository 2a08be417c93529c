// SPDX-License-Identifier: BSL-1.0
// expect first: a policy's request is `constexpr void request\(quire::attributes&\) const noexcept`
#include <quire/platform/linux.hpp>

struct own {
  using axis = quire::axes::placement;
#ifdef CONTROL
  constexpr void request(quire::attributes&) const noexcept {}
#else
  constexpr void request(quire::attributes&) noexcept {}
#endif
};

quire::linux_allocator::with_placement<own> memory;
