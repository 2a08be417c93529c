#pragma once
// How much more memory there is, and whose limit ends it. Asks the machine, in some ten files; allocates nothing.
#include <type_traits>

#include <quire/backing/linux_headroom.hpp>
#include <quire/backing/verdict.hpp>
#include <quire/explain.hpp>
#include <quire/explanation.hpp>
#include <quire/native.hpp>
#include <quire/page_allocator_like.hpp>

namespace quire {

namespace detail {

template <class A>
concept tells_headroom = page_allocator_like<A> && requires { requires linux_calls<typename A::backing_type::calls>; };

template <class Calls>
[[nodiscard]] explanation nearest_wall(const attributes& wishes, const explanation& one_more) noexcept {
  verdict v(0, 0);
  v.consider(one_more);
  consider_headroom<Calls>(v, wishes);
  return v.result();
}

}  // namespace detail

/// The wall that is nearest to a new memory of type `A`: room() bytes are left before it, address space counted where
/// the process has a limit on it. Unknown, with the limit that could not be excluded, where one is hidden, and where
/// the system does not tell. `residency::assured` keeps some of the room free for what the kernel itself takes: a 512th
/// of what it is asked for, and 80 KiB. `given` is what its constructor would get: a policy that holds data decides
/// where the memory comes from.
template <page_allocator_like A = native_allocator, class... Given>
  requires(!page_allocator_like<Given> && ...)
[[nodiscard]] explanation headroom(const Given&... given) noexcept {
  if constexpr (detail::tells_headroom<A>) {
    static_assert(sizeof...(Given) != 0 || std::is_default_constructible_v<A>,
                  "quire: a policy that holds data must be given to headroom too");
    using calls = typename A::backing_type::calls;
    return detail::nearest_wall<calls>(A(given...).wishes(), detail::address_space_limit<calls>());
  } else {
    return {};
  }
}

/// The wall that is nearest to the growth of a memory. It may be its own maximum. A partition tells of its own itself.
template <page_allocator_like A>
[[nodiscard]] explanation headroom(const A& a) noexcept {
  if constexpr (detail::tells_headroom<A>)
    return detail::nearest_wall<typename A::backing_type::calls>(
        a.wishes(), {wall::limit, "the maximum of this memory", a.size(), a.capacity()});
  else
    return {};
}

}  // namespace quire
