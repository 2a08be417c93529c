// SPDX-License-Identifier: BSL-1.0
#pragma once
// Additional members of a memory whose pages are recycled.
#include <cstddef>

#include <quire/detail/members/access.hpp>
#include <quire/store/reuse.hpp>

namespace quire::detail {

template <class A, class Store>
class recycling_members {
  recycling_members() = default;
  friend A;

 public:
  /// Promises that no byte from `bytes` on was written since the memory was acquired, or last reset; a later promise
  /// replaces an earlier one. Recycling then need not look there. Without a promise all accessible bytes count as
  /// written. No effect without a region. Cost: a store.
  void set_high_water_mark(std::size_t bytes) noexcept
    requires recycling_store<Store>
  {
    auto& region = member_access::region(static_cast<A&>(*this));
    if (!region.vacant() && !region.damaged()) region.parts.store.set_high_water_mark(bytes);
  }
};

}  // namespace quire::detail
