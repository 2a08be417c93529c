// SPDX-License-Identifier: BSL-1.0
#pragma once
// The protection keys of a pool, one for each stripe.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/key_scope.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/store/reuse.hpp>

namespace quire::detail {

/// `Most` stripes; none, and no code, if it is 0.
template <class Store, unsigned Most>
class slot_keys {
 public:
  /// Takes up to `wanted` keys, at least two. Returns 0, or the native code of the call that failed; then it has none.
  [[nodiscard]] int take(std::size_t wanted) noexcept {
    const unsigned most = wanted < Most ? static_cast<unsigned>(wanted) : Most;
    int refused = 0;
    while (used_ < most && (refused = store_.take_key(keys_[used_])) == 0) all_ |= Store::denial_of(keys_[used_++]);
    if (used_ >= 2) return 0;
    give_back();
    return refused;
  }
  /// Precondition: no page has one.
  void give_back() noexcept {
    while (used_ != 0) store_.return_key(keys_[--used_]);
    all_ = 0;
  }
  [[nodiscard]] unsigned count() const noexcept { return used_; }

  /// Makes pages accessible to those who hold the key of the stripe.
  [[nodiscard]] int open(page_run run, unsigned stripe, const attributes& requested) noexcept {
    return store_.open_with_key(run, keys_[stripe], requested);
  }
  [[nodiscard]] key_scope<Store> hold(unsigned stripe) const noexcept {
    return key_scope<Store>({all_, Store::denial_of(keys_[stripe])});
  }
  void add_to(held_keys& wanted, unsigned stripe) const noexcept {
    wanted.all |= all_;
    wanted.held |= Store::denial_of(keys_[stripe]);
  }

 private:
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Store store_{};
  unsigned keys_[Most] = {};
  unsigned used_ = 0;
  std::uint64_t all_ = 0;
};
template <class Store>
class slot_keys<Store, 0> {};

}  // namespace quire::detail
