// SPDX-License-Identifier: BSL-1.0
// expect first: a policy's shape is `static constexpr void shape\(quire::geometry&\) noexcept`
#include <quire/platform/linux.hpp>

struct own {
  using axis = quire::axes::placement;
  constexpr void request(quire::attributes&) const noexcept {}
#ifdef CONTROL
  static constexpr void shape(quire::geometry&) noexcept {}
#else
  static constexpr void shape(quire::geometry&) {}
#endif
};

quire::linux_allocator::with_placement<own> memory;
