// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

#include <quire/policy.hpp>

namespace quire::protection {

/// `Before` and `After` inaccessible bytes around the memory, each rounded up to the granule of the layout, so that an
/// access beyond either end faults. Costs address space but no call, because a reservation is inaccessible already.
template <std::size_t Before = 65536, std::size_t After = 65536>
struct guarded {
  using axis = axes::protection;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry& g) noexcept { g.want_guards(Before, After); }
};

}  // namespace quire::protection
