// SPDX-License-Identifier: BSL-1.0
#pragma once
// Explains why an operation failed, by querying the machine afterwards. Off the hot path; allocates nothing.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <quire/detail/members/access.hpp>
#include <quire/detect/linux/explain.hpp>
#include <quire/detect/posix/explain.hpp>
#include <quire/detect/windows/explain.hpp>
#include <quire/error.hpp>
#include <quire/explanation.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/system/asked_for.hpp>
#include <quire/system/rlimits.hpp>

namespace quire {

namespace detail {

/// The calls of an allocator's store; `void` if it has none.
template <class A>
struct calls_behind : std::type_identity<void> {};
template <class A>
  requires requires { typename A::backing_type::calls; }
struct calls_behind<A> : std::type_identity<typename A::backing_type::calls> {};
template <class A>
using calls_of = typename calls_behind<A>::type;

/// A page_allocator, or a class derived from one.
template <class A>
concept assembled = requires(const A& a) { []<class... Parts>(const page_allocator<Parts...>&) {}(a); };

/// Bytes of address space that reserving the layout takes, including the excess that is mapped temporarily where the
/// system cannot align a mapping itself.
[[nodiscard]] constexpr std::uint64_t taken_to_reserve(const layout& l, std::size_t page) noexcept {
  return std::uint64_t{l.total()} + (l.alignment > page ? l.alignment : 0);
}

/// A user-defined allocator reveals only its unit.
template <class A>
[[nodiscard]] asked_for what_was_asked(const A& a, std::size_t wanted) noexcept {
  asked_for asked{.least = A::pages::unit, .committed = wanted, .reserved_least = wanted, .reserved_most = wanted};
  if constexpr (assembled<A>) {
    const auto& region = member_access::region(a);
    const auto& parts = region.parts;
    const std::size_t limit = a.limit(), named = std::min(wanted, parts.plannable);
    asked.reserved_least = parts.plan(std::min(named, limit)).total();
    asked.reserved_most = taken_to_reserve(parts.plan(std::max(named, limit)), parts.store.page_bytes());
    asked.alignment = parts.plan(0).alignment;
    asked.is_released = region.vacant();
    const std::size_t before = a.size(), end = before + std::min(named, max_bytes - before);
    if (end <= parts.plannable && parts.accessible_end(end) != parts.accessible_end(before))
      asked.committed = parts.accessible_end(end) - parts.accessible_end(before);
  }
  return asked;
}

// A system explains its refusals by overloads for its calls, in detect/<system>/explain.hpp. Any other explains none.

template <class Calls>
[[nodiscard]] explanation explain_exhausted(step, int, const attributes&, const asked_for&) noexcept {
  return {};
}
template <class Calls>
[[nodiscard]] explanation explain_unsupported(step, int, const attributes&) noexcept {
  return {limit_kind::unsupported, "", {}, {}};
}
template <class Calls>
[[nodiscard]] std::optional<std::uint64_t> locked_bytes() noexcept {
  return {};
}

/// The store draws on a resource of its own, a pool or a partition, and knows whether that is exhausted.
template <class A>
concept accounted_for = requires(const A& a, step at, std::uint64_t wanted) {
  { a.backing().explain_exhausted(at, wanted) } noexcept -> std::same_as<explanation>;
};

/// A user-defined allocator may have none.
template <class A>
[[nodiscard]] attributes requests_of(const A& a) noexcept {
  if constexpr (requires { a.requested(); }) return a.requested();
  return {};
}

template <class A>
[[nodiscard]] explanation explain_exhausted(error e, const A& a, std::uint64_t wanted) noexcept {
  if constexpr (accounted_for<A>)
    if (const explanation own = a.backing().explain_exhausted(e.at, wanted != 0 ? wanted : A::pages::unit);
        own.kind != limit_kind::unknown)
      return own;
  return explain_exhausted<calls_of<A>>(e.at, e.native, requests_of(a), what_was_asked(a, wanted));
}

/// If the limit on locked memory is 0, locking is not permitted at all.
template <class Calls>
[[nodiscard]] explanation explain_denied(step at) noexcept {
  if (at == step::tag)
    return {
        .kind = limit_kind::permission,
        .owner = "this thread has not enabled the required tag-check mode, or its tag mask excludes every allowed tag"};
  if (at == step::lock)
    if (const auto limit = rlimit_of_locking<Calls>(); limit == 0) return explanation_of(limit, locked_bytes<Calls>());
  return {limit_kind::permission, "", {}, {}};
}

}  // namespace detail

/// Names the limit that the error `e`, returned by `a`, has met. `wanted` is the size of the failed operation in bytes:
/// with it, a limit is named only if it has no room for that many bytes. Without it, the limit named has no room for
/// one page or else, provided the system hides none of the limits that this step can meet, has the least room of them.
/// Linux: reads files of /proc and /sys.
template <page_allocator_like A>
[[nodiscard]] explanation explain(error e, const A& a, std::size_t wanted = 0) noexcept {
  using calls = detail::calls_of<A>;
  switch (e.code) {
    case errc::out_of_address_space:
    case errc::out_of_memory:
    case errc::too_many_mappings: return detail::explain_exhausted(e, a, wanted);
    case errc::not_permitted: return detail::explain_denied<calls>(e.at);
    case errc::not_supported:
      if (e.native == 0) return {limit_kind::unsupported, "this store", {}, {}};  // no call was made
      return detail::explain_unsupported<calls>(e.at, e.native, detail::requests_of(a));
    case errc::system: return {};
    case errc::limit_exceeded: {
      if (e.at == step::reserve) return detail::explain_exhausted(e, a, wanted);  // a limit of the store's own
      const bool has_none = a.zone_of(a.data()) == zone::outside;
      if constexpr (requires { a.limit(); }) {
        if (has_none || a.capacity() == a.limit())
          return {limit_kind::configured, "the allocator's limits", a.size(), a.limit()};
      } else if (has_none) {
        return {limit_kind::configured, "the allocator's limits", {}, {}};
      }
      return {limit_kind::configured, "the maximum of this memory", a.size(), a.capacity()};
    }
    default: return {limit_kind::none, "", {}, {}};
  }
}

/// The same for an error of a pool, which has no memory to ask.
template <class Pool>
  requires(!page_allocator_like<Pool>) && requires(const Pool& p, error e) {
    { p.explain_refusal(e) } noexcept -> std::same_as<explanation>;
  }
[[nodiscard]] explanation explain(error e, const Pool& p) noexcept {
  return p.explain_refusal(e);
}

/// Asks for the candidate that acts, or was tried last. For those before it there is explain_rejected.
template <class... A>
[[nodiscard]] explanation explain(error e, const fallback<A...>& a, std::size_t wanted = 0) noexcept {
  return a.visit([&](const auto& acting) { return explain(e, acting, wanted); });
}

/// Names the limit that a candidate met, `which` is its index in `rejected()`. The candidate is asked, and not the
/// allocator that acts, as their requests differ.
template <class... A>
[[nodiscard]] explanation explain_rejected(const fallback<A...>& a, std::size_t which,
                                           std::size_t wanted = 0) noexcept {
  explanation told{limit_kind::none};
  const auto ask = [&]<std::size_t I>() {
    if (which == I && which < a.rejected().size()) told = explain(a.rejected()[I], a.template candidate<I>(), wanted);
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (ask.template operator()<I>(), ...);
  }(std::index_sequence_for<A...>{});
  return told;
}

}  // namespace quire
