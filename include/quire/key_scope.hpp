// SPDX-License-Identifier: BSL-1.0
#pragma once
// Protection keys that a thread holds for a while.
#include <boost/config.hpp>
#include <cstdint>

#include <quire/store.hpp>
#include <quire/store/reuse.hpp>

namespace quire {

namespace detail {

/// Bits of the register: those of all keys of a pool, and those of the keys among them that the thread is to hold.
struct held_keys {
  std::uint64_t all = 0, held = 0;
};

}  // namespace detail

/// While it exists, this thread holds the keys that it was made with, and no other of their pool; then again those that
/// it held before. Other keys are left alone. Scopes nest, and end in the thread that made them, in reverse order. No
/// system call.
template <class Store>
class [[nodiscard]] key_scope {
 public:
  /// `pool::enter` makes scopes: it knows the keys of a memory and of its pool.
  BOOST_FORCEINLINE explicit key_scope(detail::held_keys wanted) noexcept : all_(wanted.all) {
    if (all_ == 0) return;
    before_ = Store::key_rights();
    Store::set_key_rights((before_ | wanted.all) & ~wanted.held);
  }
  BOOST_FORCEINLINE ~key_scope() {
    if (all_ != 0) Store::set_key_rights((Store::key_rights() & ~all_) | (before_ & all_));
  }
  key_scope(const key_scope&) = delete;
  key_scope& operator=(const key_scope&) = delete;

 private:
  std::uint64_t all_, before_ = 0;
};

}  // namespace quire
