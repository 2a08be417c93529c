#pragma once
#include <cstddef>

#include <quire/policy.hpp>

namespace quire::protection {

/// Inaccessible bytes before the memory and after its maximum, in a buffer behind a memory protection unit. They occupy
/// RAM that nothing else can use, so the default is one page of the unit on either side. In bytes, rounded up to the
/// store's page; 0 means no guard.
template <std::size_t Before = 1, std::size_t After = 1>
struct mpu_guarded {
  using axis = axes::protection;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry& g) noexcept { g.want_guards(Before, After); }
};

}  // namespace quire::protection
