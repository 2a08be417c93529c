// SPDX-License-Identifier: BSL-1.0
// expect: not polymorphic\) with all members of its axis
#include <quire/platform/linux.hpp>

struct silent {
  using axis = quire::axes::placement;
#ifdef CONTROL
  constexpr void request(quire::attributes&) const noexcept {}
#endif
};

quire::linux_allocator::with_placement<silent> memory;
