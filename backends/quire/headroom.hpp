// SPDX-License-Identifier: BSL-1.0
#pragma once
// How much more memory this process can take, and which limit ends it. Reads some ten files; allocates nothing.
#include <cstdint>
#include <type_traits>

#include <quire/explain.hpp>
#include <quire/explanation.hpp>
#include <quire/native.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/system/limit_analysis.hpp>
#include <quire/system/linux/headroom.hpp>

namespace quire {

namespace detail {

/// A system that can tell has an overload of `consider_new` for its calls.
template <class A>
concept tells_headroom = requires(limit_analysis& v, const A& a, std::uint64_t reserved) {
  consider_new<calls_of<A>>(v, a.requested(), reserved);
};

}  // namespace detail

/// Returns the limit that a new memory of type `A`, with the maximum that its limits allow, would reach first. room()
/// is the number of bytes left before that limit, 0 if the reservation does not fit; for the limit on mappings it is a
/// number of mappings. The result is unknown if the system does not report its limits; if it hides one, the result
/// names the limit that could not be excluded. `residency::assured` keeps part of the room free for the kernel's page
/// tables and records: 1/512 of the requested size, plus 80 KiB. `given` are the constructor arguments of `A`: a policy
/// that holds data decides where the memory comes from.
template <page_allocator_like A = native_allocator, class... Given>
  requires(!page_allocator_like<Given> && ...)
[[nodiscard]] explanation headroom(const Given&... given) noexcept {
  detail::limit_analysis v(0, 0);
  if constexpr (detail::tells_headroom<A>) {
    static_assert(sizeof...(Given) != 0 || std::is_default_constructible_v<A>,
                  "quire: a policy that holds data must be given to headroom too");
    const A a(given...);
    detail::consider_new<detail::calls_of<A>>(v, a.requested(), detail::what_was_asked(a, 0).reserved_most);
  }
  return v.result();
}

/// Returns the limit that the growth of `a` would reach first; it may be the maximum of `a` itself. Before allocation
/// it is the limit that `headroom<A>` returns, or the one that `a` was constructed with. A partition reports its own
/// headroom itself.
template <page_allocator_like A>
[[nodiscard]] explanation headroom(const A& a) noexcept {
  detail::limit_analysis v(0, 0);
  if constexpr (detail::tells_headroom<A>) {
    if (a.zone_of(a.data()) == zone::outside) {
      v.consider({limit_kind::configured, "the allocator's limits", 0, a.limit()});
      detail::consider_new<detail::calls_of<A>>(v, a.requested(), detail::what_was_asked(a, 0).reserved_most);
    } else {  // it grows within its reservation
      v.consider({limit_kind::configured, "the maximum of this memory", a.size(), a.capacity()});
      detail::consider_headroom<detail::calls_of<A>>(v, a.requested());
    }
  }
  return v.result();
}

}  // namespace quire
