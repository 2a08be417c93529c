// SPDX-License-Identifier: BSL-1.0
#pragma once
// Chooses an allocator at run time: the first of several typedefs whose requests this machine fulfils. The choice costs
// nothing afterwards, because the code that follows is compiled for each typedef.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>

#include <quire/error.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>
#include <quire/store.hpp>

namespace quire {

/// Argument of with_best: the bytes that a typedef must be able to provide. Without it one page is tried, and a limit
/// with room for only a few pages (RLIMIT_MEMLOCK) is met only later.
struct trial_size {
  std::size_t bytes = 0;
};

namespace detail {

template <class A, class X>
inline constexpr bool takes_argument = requires { requires A::template takes<X>; };

template <class A, class X>
[[nodiscard]] constexpr auto if_taken(const X& given) noexcept {
  if constexpr (takes_argument<A, X>)
    return std::tuple<const X&>(given);
  else
    return std::tuple<>();
}

/// Constructs an A from those of the arguments that it takes.
template <class A, class... Given>
[[nodiscard]] constexpr A construct_from(const Given&... given) noexcept {
  return std::apply([](const auto&... taken) { return A(taken...); }, std::tuple_cat(if_taken<A>(given)...));
}

/// Pages to allocate in order to see whether requests take effect: a whole block if the typedef asks for transparent
/// huge pages.
template <class A>
inline constexpr std::uint64_t pages_to_try = 1;
template <class... A>
inline constexpr std::uint64_t pages_to_try<fallback<A...>> = std::max({pages_to_try<A>...});
template <class B, class P, class T, class Z, class L, class R>
  requires requires { typename std::integral_constant<std::size_t, Z::collapses_to>; }
inline constexpr std::uint64_t pages_to_try<page_allocator<B, P, T, Z, L, R>> =
    Z::collapses_to > Z::unit ? Z::collapses_to / Z::unit : 1;

/// The step whose request has no effect.
template <class A>
[[nodiscard]] std::optional<step> ineffective_request([[maybe_unused]] A& memory) noexcept {
  return std::nullopt;
}
template <effect_checking_store B, class P, class T, class Z, class L, class R>
[[nodiscard]] std::optional<step> ineffective_request(page_allocator<B, P, T, Z, L, R>& memory) noexcept {
  return memory.backing().ineffective_request(page_run{memory.data(), memory.size()}, memory.requested());
}
template <class... A>
[[nodiscard]] std::optional<step> ineffective_request(fallback<A...>& memory) noexcept {
  return memory.visit([](auto& acting) { return ineffective_request(acting); });
}

/// The largest trial size among the arguments.
template <class... Given>
[[nodiscard]] constexpr std::size_t bytes_to_try(const Given&... given) noexcept {
  std::size_t most = 0;
  [[maybe_unused]] const auto look = [&most]<class X>([[maybe_unused]] const X& one) {
    if constexpr (std::is_same_v<X, trial_size>) most = std::max(most, one.bytes);
  };
  (look(given), ...);
  return most;
}

/// Whether `bytes`, but at least a page or a block, can be allocated and released, and whether requests take effect.
template <class A>
[[nodiscard]] bool is_available(A& memory, std::size_t bytes, error& why) noexcept {
  constexpr typename A::pages one{1}, least{pages_to_try<A>};
  const typename A::pages wanted{bytes / A::pages::unit + (bytes % A::pages::unit != 0)};
  const typename A::pages tried = wanted > least ? wanted : least;
  auto got = memory.allocate(tried, tried);
  const typename A::pages smaller = std::max(wanted, one);
  const bool is_limited = tried > smaller && !got && got.error().code == errc::limit_exceeded;
  if (is_limited) got = memory.allocate(smaller, smaller);
  if (!got) {
    why = got.error();
    return false;
  }
  const std::optional<step> ineffective = is_limited ? std::nullopt : ineffective_request(memory);
  if (ineffective) why = {errc::not_supported, *ineffective, 0};
  if (const result<void> gone = memory.deallocate(memory.data(), memory.size()); !gone) {
    why = gone.error();
    return false;
  }
  return !ineffective;
}

template <class Visitor, class... Candidates>
inline constexpr bool noexcept_for =
    (std::is_nothrow_invocable_v<Visitor&, Candidates&, std::span<const error>> && ...);

template <std::size_t I, class Outcome, class First, class... Rest, std::size_t N, class Visitor, class... Given>
[[nodiscard]] Outcome visit_best(std::array<error, N>& rejected, Visitor& visitor,
                                 const Given&... given) noexcept(noexcept_for<Visitor, First, Rest...>) {
  {
    First memory = construct_from<First>(given...);
    if (is_available(memory, bytes_to_try(given...), rejected[I])) {
      const std::span<const error> why(rejected.data(), I);
      if constexpr (std::is_void_v<typename Outcome::value_type>) {
        visitor(memory, why);
        return {};
      } else {
        return visitor(memory, why);
      }
    }
  }
  if constexpr (sizeof...(Rest) != 0) return visit_best<I + 1, Outcome, Rest...>(rejected, visitor, given...);
  return Outcome(std::unexpect, rejected);
}

template <class X, class... Candidates>
inline constexpr bool taken_by_any = std::is_same_v<X, trial_size> || (takes_argument<Candidates, X> || ...);

template <class Visitor, class... Candidates>
inline constexpr bool takes_each = (std::is_invocable_v<Visitor&, Candidates&, std::span<const error>> && ...);

template <class Visitor, class First, class... Rest>
struct visits {
  template <class A>
  using of = std::invoke_result_t<Visitor&, A&, std::span<const error>>;
  using type = of<First>;
  static constexpr bool alike = (std::is_same_v<of<Rest>, type> && ...);
};

}  // namespace detail

/// The result of with_best: the visitor's result, or the error of each typedef, in their order.
template <class T, std::size_t Candidates>
using best_result = std::expected<T, std::array<error, Candidates>>;

/// Constructs each typedef in turn, tries it with one page or `trial_size` bytes, which it releases again, and calls
/// `visitor(memory, rejected)` with the first one that works. `memory` is a vacant allocator of that type; it may be
/// moved from and ends with the call. `rejected` has the errors of the typedefs before it: they go to the visitor, and
/// not into the result, because by then the program has often run.
///
/// Where the store can check it, a typedef works only if its requests take effect. One that asks for transparent huge
/// pages is tried with a block of them, and rejected if a touch brings in one small page (`not_supported` at
/// `configure`). It is also rejected if populated pages are not resident (`populate`), or if locked pages can be
/// dropped (`lock`). A memory whose limit is below such a block is not checked this way; one whose limit is below the
/// trial size is rejected.
///
/// Each typedef gets those of the arguments that it takes, as page_allocator's constructor does; an argument that no
/// typedef takes does not compile. The visitor returns the same type for all of them.
template <page_allocator_like... Candidates, class Visitor, class... Given>
  requires(sizeof...(Candidates) != 0)
[[nodiscard]] auto with_best(Visitor&& visitor,
                             const Given&... given) noexcept(detail::noexcept_for<Visitor, Candidates...>) {
  static_assert((detail::taken_by_any<Given, Candidates...> && ...),
                "quire: an argument is taken by none of these allocators");
  constexpr bool takes_all = detail::takes_each<Visitor, Candidates...>;
  static_assert(takes_all,
                "quire: the visitor takes each of these allocators and the errors of those before it: "
                "[](auto& memory, std::span<const quire::error> rejected) { ... }");
  std::array<error, sizeof...(Candidates)> rejected{};
  if constexpr (takes_all) {
    using visits = detail::visits<Visitor, Candidates...>;
    static_assert(visits::alike, "quire: the visitor returns the same type for each of these allocators");
    return detail::visit_best<0, best_result<typename visits::type, sizeof...(Candidates)>, Candidates...>(
        rejected, visitor, given...);
  } else {
    return best_result<void, sizeof...(Candidates)>(std::unexpect, rejected);
  }
}

}  // namespace quire
