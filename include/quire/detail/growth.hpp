// SPDX-License-Identifier: BSL-1.0
#pragma once
// Growth of a memory by several threads.
#include <quire/store.hpp>

namespace quire::detail {

/// While it exists no other thread grows the memory of this store, if the store lets several threads do so.
template <class S>
struct growth_lock {
  constexpr explicit growth_lock(S&) noexcept {}
};
template <growth_serializing_store S>
struct growth_lock<S> {
  explicit growth_lock(S& store) noexcept : store_(store) { store_.begin_growth(); }
  ~growth_lock() { store_.end_growth(); }
  growth_lock(const growth_lock&) = delete;
  growth_lock& operator=(const growth_lock&) = delete;

 private:
  S& store_;
};

}  // namespace quire::detail
