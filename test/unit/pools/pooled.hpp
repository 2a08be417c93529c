#pragma once
// Pools as subjects of tests: typedefs, ways to recycle, and ways to keep bounds.
#include <cstddef>
#include <cstdint>

#include <quire/pool.hpp>
#include <quire/recycling/adaptive.hpp>
#include <quire/recycling/batched_decommit.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/deferred.hpp>
#include <quire/recycling/verified.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>

#include "support/test_configs.hpp"

namespace quire::test {

/// A memory of a pool as a test config: `Slots` memories of up to `Maximum` chunks of 64 KiB.
template <class A, class R, class B = bounds::uncommitted, std::uint32_t Slots = 4, std::size_t Maximum = 65536>
struct pooled {
  using pool_type = quire::pool<A, R, B>;
  using allocator = typename pool_type::memory;
  static constexpr bool executes = false;

  static pool_type& slots() {
    static pool_type one;
    return one;
  }
  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    using unit_pages = typename A::pages;
    auto first = slots().acquire(unit_pages{0});
    return allocator{first->backing(), limits...};
  }
  /// Opens the pool before a case runs, so that it does not show as a trace of the case.
  static const char* missing() {
    const typename A::pages maximum{Maximum * 65536 / A::pages::unit};
    return slots().slots() != 0 || slots().open({.slots = Slots, .maximum = maximum}) ? nullptr
                                                                                      : "the pool cannot be opened";
  }
};

}  // namespace quire::test
