#pragma once
// Explains why an operation failed, by querying the machine afterwards. Off the hot path; allocates nothing.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <quire/detail/members/access.hpp>
#include <quire/detect/linux/explain.hpp>
#include <quire/detect/windows/explain.hpp>
#include <quire/error.hpp>
#include <quire/explanation.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/system/asked_for.hpp>
#include <quire/system/limit_analysis.hpp>

namespace quire {

namespace detail {

/// Calls of a system that describes itself in files (Linux).
template <class Calls>
concept linux_calls = requires(const char* path) {
  { Calls::open_to_read(path) } noexcept -> std::same_as<int>;
  { Calls::soft_limit(Calls::limit_locked) } noexcept -> std::same_as<unsigned long long>;
};

/// Calls of a system that reports its limits, but not their use.
template <class Calls>
concept posix_calls = requires {
  { Calls::soft_limit(Calls::limit_data) } noexcept -> std::same_as<unsigned long long>;
};

/// A page_allocator, or a class derived from one.
template <class A>
concept assembled = requires(const A& a) { []<class... Parts>(const page_allocator<Parts...>&) {}(a); };

/// Bytes of address space that reserving the layout takes, including the excess that is mapped temporarily where the
/// system cannot align a mapping itself.
[[nodiscard]] constexpr std::uint64_t taken_to_reserve(const layout& l, std::size_t page) noexcept {
  return std::uint64_t{l.total()} + (l.alignment > page ? l.alignment : 0);
}

/// The largest maximum that `a` accepts, as far as it is known.
template <class A>
[[nodiscard]] std::size_t most_of(const A& a) noexcept {
  if constexpr (assembled<A>) {
    using composition = std::remove_cvref_t<decltype(member_access::region(a).parts)>;
    return static_cast<std::size_t>(std::min<std::uint64_t>(member_access::region(a).limit, composition::index_span));
  } else {
    return max_bytes;
  }
}

/// A user-defined allocator reveals only its unit.
template <class A>
[[nodiscard]] asked_for what_was_asked(const A& a, std::size_t wanted) noexcept {
  asked_for asked{.least = A::pages::unit, .committed = wanted, .reserved_least = wanted, .reserved_most = wanted};
  if constexpr (assembled<A>) {
    const auto& region = member_access::region(a);
    const auto& parts = region.parts;
    const std::size_t limit = most_of(a), named = std::min(wanted, parts.plannable);
    asked.reserved_least = parts.plan(std::min(named, limit)).total();
    asked.reserved_most = taken_to_reserve(parts.plan(std::max(named, limit)), parts.store.page_bytes());
    asked.reservation_is_gone = region.vacant();
    const std::size_t before = a.size(), end = before + std::min(named, max_bytes - before);
    if (end <= parts.plannable && parts.accessible_end(end) != parts.accessible_end(before))
      asked.committed = parts.accessible_end(end) - parts.accessible_end(before);
  }
  return asked;
}

/// Explains a refusal by a system that reports its limits, but not their use: a limit is certain only if it is below
/// the requested amount.
template <class Calls>
[[nodiscard]] explanation posix_explain_exhausted(step at, int native, const asked_for& asked) noexcept {
  if (at == step::reserve) {
    limit_analysis v(std::max({asked.reserved_least, asked.reserved_most, asked.least}), 0);
    bool is_lock_limit = false;
    if constexpr (requires { Calls::again; }) is_lock_limit = native == Calls::again;
    if (!is_lock_limit)
      v.consider({limit_kind::configured, "RLIMIT_AS", {}, Calls::soft_limit(Calls::limit_address_space)});
    if constexpr (requires { Calls::limit_locked; })
      if (is_lock_limit)
        v.consider({limit_kind::configured, "RLIMIT_MEMLOCK", {}, Calls::soft_limit(Calls::limit_locked)});
    return v.result();
  }
  limit_analysis v(asked.committed, asked.least);
  if (at == step::commit || at == step::protect)
    v.consider({limit_kind::configured, "RLIMIT_DATA", {}, Calls::soft_limit(Calls::limit_data)});
  if constexpr (requires { Calls::limit_locked; })
    if (at == step::lock)
      v.consider({limit_kind::configured, "RLIMIT_MEMLOCK", {}, Calls::soft_limit(Calls::limit_locked)});
  return v.result();
}

/// A store that draws on a resource of its own, a pool or a partition, and knows whether that is exhausted.
template <class S>
concept accounting_store = requires(const S& c, step at, std::uint64_t wanted) {
  { c.explain_exhausted(at, wanted) } noexcept -> std::same_as<explanation>;
};

template <class A>
[[nodiscard]] explanation explain_exhausted(error e, const A& a, std::uint64_t wanted) noexcept {
  if constexpr (accounting_store<typename A::backing_type>)
    if (const explanation own = a.backing().explain_exhausted(e.at, wanted != 0 ? wanted : A::pages::unit);
        own.kind != limit_kind::unknown)
      return own;
  if constexpr (requires { typename A::backing_type::calls; }) {
    using calls = typename A::backing_type::calls;
    if constexpr (linux_calls<calls>)
      return linux_explain_exhausted<calls>(e.at, e.native, a.requested(), what_was_asked(a, wanted));
    else if constexpr (posix_calls<calls>)
      return posix_explain_exhausted<calls>(e.at, e.native, what_was_asked(a, wanted));
    else if constexpr (windows_calls<calls>)
      return windows_explain_exhausted<calls>(e.at, what_was_asked(a, wanted));
  }
  return {};
}

template <class A>
[[nodiscard]] explanation explain_unsupported(error e, const A& a) noexcept {
  if (e.native == 0) return {limit_kind::unsupported, "this store", {}, {}};  // no call was made
  if constexpr (requires { typename A::backing_type::calls; }) {
    using calls = typename A::backing_type::calls;
    if constexpr (linux_calls<calls>)
      return linux_explain_unsupported<calls>(e.at, e.native, a.requested());
    else if constexpr (windows_calls<calls>)
      return windows_explain_unsupported(e.at, a.requested());
  }
  return {limit_kind::unsupported, "", {}, {}};
}

template <class Calls>
[[nodiscard]] std::optional<std::uint64_t> locked_bytes() noexcept {
  if constexpr (linux_calls<Calls>) return status_of<Calls>("VmLck");
  return {};
}

/// If the limit on locked memory is 0, locking is not permitted at all.
template <class A>
[[nodiscard]] explanation explain_denied(error e) noexcept {
  if (e.at == step::tag)
    return {limit_kind::permission,
            "this thread has not enabled the required tag-check mode, or its tag mask excludes every allowed tag",
            {},
            {}};
  if constexpr (requires { A::backing_type::calls::limit_locked; }) {
    using calls = typename A::backing_type::calls;
    if (e.at == step::lock && calls::soft_limit(calls::limit_locked) == 0)
      return {limit_kind::configured, "RLIMIT_MEMLOCK", locked_bytes<calls>(), 0};
  }
  return {limit_kind::permission, "", {}, {}};
}

}  // namespace detail

/// Names the limit that the error `e`, returned by `a`, has met. `wanted` is the size of the failed operation in bytes:
/// with it, a limit is named only if it has no room for that many bytes. Without it, the limit named has no room for
/// one page or else, provided the system hides none of the limits that this step can meet, has the least room of them.
/// Linux: reads files of /proc and /sys.
template <page_allocator_like A>
[[nodiscard]] explanation explain(error e, const A& a, std::size_t wanted = 0) noexcept {
  switch (e.code) {
    case errc::out_of_address_space:
    case errc::out_of_memory:
    case errc::too_many_mappings: return detail::explain_exhausted(e, a, wanted);
    case errc::not_permitted: return detail::explain_denied<A>(e);
    case errc::not_supported: return detail::explain_unsupported(e, a);
    case errc::system: return {};
    case errc::limit_exceeded: {
      if (a.zone_of(a.data()) == zone::outside) return {limit_kind::configured, "the allocator's limits", {}, {}};
      return {limit_kind::configured, "the maximum of this memory", a.size(), a.capacity()};
    }
    default: return {limit_kind::none, "", {}, {}};
  }
}

template <class First, class... Rest>
class fallback;

/// Asks for the candidate that acts, or was tried last. For `rejected()[I]`, ask with `candidate<I>()`.
template <class... A>
[[nodiscard]] explanation explain(error e, const fallback<A...>& a, std::size_t wanted = 0) noexcept {
  return a.visit([&](const auto& acting) { return explain(e, acting, wanted); });
}

}  // namespace quire
