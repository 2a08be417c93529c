// SPDX-License-Identifier: BSL-1.0
#pragma once
// What cannot be a memory that several mappings show, one message each.
#include <type_traits>

#include <quire/composable.hpp>
#include <quire/detail/members/access.hpp>
#include <quire/detail/shared/object_header.hpp>
#include <quire/store.hpp>
#include <quire/store/images.hpp>
#include <quire/units.hpp>

namespace quire::detail {

template <class A>
struct shared_in_sentences {
  using S = typename A::backing_type;
  using composition = typename decltype(member_access::parts_type<A>())::type;
  static constexpr demands demanded = composition::demanded;

  static_assert(std::is_empty_v<S> && !buffer_store<S> && !image_backed_store<S>,
                "quire: memory is shared over a store without data of its own, as those of operating systems are");
  static_assert(!std::is_empty_v<S> || object_header::is_lock_free,
                "quire: processes share a size of 64 bits, which this processor cannot change at once");
  static_assert(!demanded.tagged() && !demanded.template has<capability::purging>() &&
                    !demanded.template has<capability::huge_pool>(),
                "quire: shared memory is neither tagged, purgeable nor from a pool of huge pages");
  static_assert(!demanded.template has<capability::locking>(),
                "quire: shared memory is not locked, as what other processes add to it would not be");
  static_assert(A::pages::unit % composition::system.page == 0 && A::pages::unit % checked_size::granule == 0 &&
                    composition::shape.commit_block <= A::pages::unit,
                "quire: shared memory grows by whole pages of the system");
};

}  // namespace quire::detail
