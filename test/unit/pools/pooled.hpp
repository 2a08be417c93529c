#pragma once
// Pools as subjects of tests: typedefs, ways to recycle, and ways to keep bounds.
#include <optional>

#include <quire/pool.hpp>
#include <quire/quire.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/verified.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "support/test_configs.hpp"

namespace quire::test {

/// Why this machine cannot keep bounds in this way, or null.
template <class B>
const char* missing_bounds() {
  if constexpr (B::marks) {
    pool<linux_allocator, recycling::decommit, B> tried;
    const auto opened = tried.open({.slots = 1, .maximum = pages{1}});
    if (!opened) return "this kernel has no guard markers";
  }
  return nullptr;
}

/// A memory of a pool as a test config: `Slots` memories of up to `Maximum` chunks of 64 KiB.
template <class A, class R, class B = bounds::uncommitted, std::uint32_t Slots = 4, std::size_t Maximum = 65536>
struct pooled {
  using pool_type = quire::pool<A, R, B>;
  using allocator = typename pool_type::memory;
  static constexpr bool executes = false;

  /// Opened before a case runs, so that it does not show as a trace of the case.
  static pool_type& slots() {
    static pool_type opened = [] {
      pool_type made;
      (void)made.open({.slots = Slots, .maximum = typename A::pages{Maximum * 65536 / A::pages::unit}});
      return made;
    }();
    return opened;
  }
  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    using unit_pages = typename A::pages;
    auto first = slots().acquire(unit_pages{0});
    return allocator{first->backing(), limits...};
  }
  static const char* missing() {
    if (const char* const reason = missing_bounds<B>()) return reason;
    return slots().slots() == 0 ? "the pool cannot be opened" : nullptr;
  }
};

}  // namespace quire::test
