// SPDX-License-Identifier: BSL-1.0
#pragma once
// The allocators of a fallback: the one that acts, and the parts from which the others are built.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <quire/detail/members/access.hpp>

namespace quire::detail {

template <class A>
using parts_of = typename decltype(member_access::parts_type<A>())::type;

/// Store and policies of candidate `I`; no bytes if they hold no data.
template <std::size_t I, class A, bool = std::is_empty_v<parts_of<A>>>
struct candidate_parts {
  template <class... Given>
  constexpr explicit candidate_parts(std::in_place_t, const Given&...) noexcept {}

  static constexpr parts_of<A> parts{};
};
template <std::size_t I, class A>
struct candidate_parts<I, A, false> {
  template <class... Given>
  constexpr explicit candidate_parts(std::in_place_t in_place, const Given&... given) noexcept
      : parts(in_place, given...) {}

  parts_of<A> parts;
};

/// Names the store of the candidates if they have one in common.
template <class First, class... Rest>
struct store_in_common {};
template <class First, class... Rest>
  requires(std::is_same_v<typename First::backing_type, typename Rest::backing_type> && ...)
struct store_in_common<First, Rest...> {
  using backing_type = typename First::backing_type;
};

/// Room for one of the allocators.
template <class... A>
union any_of_these {
  constexpr any_of_these() noexcept {}
};
template <class First, class... Rest>
union any_of_these<First, Rest...> {
  // A constructor, because GCC 12 has no constexpr function that returns an object with a destructor.
  constexpr any_of_these(const parts_of<First>& parts, std::size_t limit) noexcept
      : first(from_parts{}, parts, limit) {}
  constexpr any_of_these() noexcept : rest() {}
  constexpr ~any_of_these() {}

  template <std::size_t I, class Self>
  [[nodiscard]] BOOST_FORCEINLINE static constexpr auto& get(Self& self) noexcept {
    if constexpr (I == 0)
      return self.first;
    else
      return decltype(self.rest)::template get<I - 1>(self.rest);
  }

  First first;
  any_of_these<Rest...> rest;
};

template <class Indices, class... A>
class candidates;
template <std::size_t... I, class... A>
class candidates<std::index_sequence<I...>, A...> : candidate_parts<I, A>... {
  using room = any_of_these<A...>;

 public:
  template <class... Given>
  constexpr explicit candidates(std::in_place_t in_place, const Given&... given) noexcept
      : candidate_parts<I, A>(in_place, given...)...,
        room_(kept<0>(*this), std::min({kept<I>(*this).limit_among(given...)...})) {}
  candidates(candidates&& other) noexcept : candidate_parts<I, A>(other)... { move_from(other); }
  candidates& operator=(candidates&& other) noexcept {
    if (this != &other) {
      destroy();
      ((static_cast<candidate_parts<I, A>&>(*this) = other), ...);
      move_from(other);
    }
    return *this;
  }
  ~candidates() { destroy(); }

  /// The index of the allocator that acts, or was tried last.
  [[nodiscard]] constexpr std::size_t acting() const noexcept { return acting_; }

  /// Replaces the acting allocator, which has no region, by candidate `J`. It is overwritten and not destroyed: its
  /// destructor would be code that finds nothing to release.
  template <std::size_t J>
  BOOST_FORCEINLINE auto& select(std::size_t limit) noexcept {
    acting_ = J;
    auto& selected = room::template get<J>(room_);
    return *new (&selected) std::remove_reference_t<decltype(selected)>(from_parts{}, kept<J>(*this), limit);
  }
  /// A copy of candidate `J` as it would start.
  template <std::size_t J>
  [[nodiscard]] auto copy_of(std::size_t limit) const noexcept {
    return std::remove_cvref_t<decltype(room::template get<J>(room_))>(from_parts{}, kept<J>(*this), limit);
  }
  /// Calls `f` with the acting allocator, by its own type.
  template <std::size_t J = 0, class Self, class F>
  BOOST_FORCEINLINE static constexpr decltype(auto) visit(Self& self, F&& f) {
    if constexpr (J + 1 == sizeof...(A))
      return f(room::template get<J>(self.room_));
    else
      return self.acting_ == J ? f(room::template get<J>(self.room_)) : visit<J + 1>(self, f);
  }

 private:
  template <std::size_t J, class X>
  static constexpr const auto& kept(const candidate_parts<J, X>& base) noexcept {
    return base.parts;
  }
  void destroy() noexcept {
    visit(*this, []<class X>(X& acting) { acting.~X(); });
  }
  /// The other keeps its acting allocator, which has no region then.
  void move_from(candidates& other) noexcept {
    acting_ = other.acting_;
    const auto move = [&]<std::size_t J>() {
      auto& moved = room::template get<J>(room_);
      new (&moved) std::remove_reference_t<decltype(moved)>(std::move(room::template get<J>(other.room_)));
    };
    ((acting_ == I ? move.template operator()<I>() : void()), ...);
  }

  room room_;
  std::size_t acting_ = 0;
};

}  // namespace quire::detail
