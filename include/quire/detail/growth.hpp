#pragma once
// Growth of a memory by several threads.
#include <quire/store.hpp>

namespace quire::detail {

/// While it exists no other thread grows the memory of this store, if the store lets several threads do so.
template <class S>
struct growth_of {
  constexpr explicit growth_of(S&) noexcept {}
};
template <growth_serializing_store S>
struct growth_of<S> {
  explicit growth_of(S& store) noexcept : store_(store) { store_.begin_growth(); }
  ~growth_of() { store_.end_growth(); }
  growth_of(const growth_of&) = delete;
  growth_of& operator=(const growth_of&) = delete;

 private:
  S& store_;
};

}  // namespace quire::detail
