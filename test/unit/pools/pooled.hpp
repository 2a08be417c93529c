// SPDX-License-Identifier: BSL-1.0
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

#include "support/process/child.hpp"
#include "support/process/machine.hpp"
#include "support/test_configs.hpp"

namespace quire::test {

/// Whether threads touch memories of a pool only inside a scope; tests that are not about that hold all keys.
template <class B>
inline constexpr bool has_keys = B::stripes != 0;

/// From now on this thread may touch all pages, whatever their keys. Precondition: a pool with keys is open.
template <class Calls>
void hold_all_keys() {
  Calls::set_key_rights(0);
  after_each_fault([] { Calls::set_key_rights(0); });
}

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
    if constexpr (has_keys<B>)
      if (const char* const reason = no_protection_keys()) return reason;
    const typename A::pages maximum{Maximum * 65536 / A::pages::unit};
    if (slots().slots() == 0 && !slots().open({.slots = Slots, .maximum = maximum})) return "the pool cannot be opened";
    if constexpr (has_keys<B>) hold_all_keys<typename A::backing_type::calls>();
    return nullptr;
  }
};

}  // namespace quire::test
