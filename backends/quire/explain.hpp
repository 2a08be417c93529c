#pragma once
// Why an operation failed: asks the machine afterwards. Off the hot path; allocates nothing.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <quire/backing/verdict.hpp>
#include <quire/detect/linux_walls.hpp>
#include <quire/detect/windows_walls.hpp>
#include <quire/error.hpp>
#include <quire/explanation.hpp>
#include <quire/page_allocator_like.hpp>

namespace quire {

namespace detail {

/// Calls of a system that tells of itself in files.
template <class Calls>
concept linux_calls = requires(const char* path) {
  { Calls::open_to_read(path) } noexcept -> std::same_as<int>;
  { Calls::soft_limit(Calls::limit_locked) } noexcept -> std::same_as<unsigned long long>;
};

/// Calls of a system that tells its limits, but not their use.
template <class Calls>
concept posix_calls = requires {
  { Calls::soft_limit(Calls::limit_data) } noexcept -> std::same_as<unsigned long long>;
};

/// A limit is sure only if it is below what was wanted.
template <class Calls>
[[nodiscard]] explanation posix_shortage(step at, std::uint64_t wanted, std::uint64_t least) noexcept {
  verdict v(wanted, least);
  if (at == step::reserve) v.consider({wall::limit, "RLIMIT_AS", {}, Calls::soft_limit(Calls::limit_address_space)});
  if (at == step::commit || at == step::protect)
    v.consider({wall::limit, "RLIMIT_DATA", {}, Calls::soft_limit(Calls::limit_data)});
  if constexpr (requires { Calls::limit_locked; })
    if (at == step::lock) v.consider({wall::limit, "RLIMIT_MEMLOCK", {}, Calls::soft_limit(Calls::limit_locked)});
  return v.result();
}

/// A store that takes from something of its own, a pool or a partition, knows whether that was it.
template <class S>
concept accounting_store = requires(const S& c, step at, std::uint64_t wanted) {
  { c.shortage(at, wanted) } noexcept -> std::same_as<explanation>;
};

template <class A>
[[nodiscard]] explanation shortage(error e, const A& a, std::uint64_t wanted) noexcept {
  if constexpr (accounting_store<typename A::backing_type>)
    if (const explanation own = a.backing().shortage(e.at, wanted != 0 ? wanted : A::pages::unit);
        own.wall != wall::unknown)
      return own;
  if constexpr (requires { typename A::backing_type::calls; }) {
    using calls = typename A::backing_type::calls;
    if constexpr (linux_calls<calls>)
      return linux_shortage<calls>(e.at, a.wishes(), wanted, A::pages::unit);
    else if constexpr (posix_calls<calls>)
      return posix_shortage<calls>(e.at, wanted, A::pages::unit);
    else if constexpr (windows_calls<calls>)
      return windows_shortage<calls>(e.at, wanted, A::pages::unit);
  }
  return {};
}

template <class A>
[[nodiscard]] explanation lack(error e, const A& a) noexcept {
  if (e.native == 0) return {wall::unsupported, "this store", {}, {}};  // no call was made
  if constexpr (requires { typename A::backing_type::calls; }) {
    using calls = typename A::backing_type::calls;
    if constexpr (linux_calls<calls>)
      return linux_lack<calls>(e.at, e.native, a.wishes());
    else if constexpr (windows_calls<calls>)
      return windows_lack(e.at, a.wishes());
  }
  return {wall::unsupported, "", {}, {}};
}

template <class Calls>
[[nodiscard]] std::optional<std::uint64_t> locked_bytes() noexcept {
  if constexpr (linux_calls<Calls>) return status_of<Calls>("VmLck");
  return {};
}

/// Locking is not permitted at all where its limit is 0.
template <class A>
[[nodiscard]] explanation refusal(error e) noexcept {
  if (e.at == step::tag)
    return {wall::permission, "this thread does not check tags so, or draws none of these", {}, {}};
  if constexpr (requires { A::backing_type::calls::limit_locked; }) {
    using calls = typename A::backing_type::calls;
    if (e.at == step::lock && calls::soft_limit(calls::limit_locked) == 0)
      return {wall::limit, "RLIMIT_MEMLOCK", locked_bytes<calls>(), 0};
  }
  return {wall::permission, "", {}, {}};
}

}  // namespace detail

/// Names the wall that `e` ran into, an error that `a` has returned. `wanted`, in bytes, is what the operation was
/// asked for: with it a wall is named only if it has no room for that. Without, a wall is named that has no room for
/// one page, or else, if the system hides none of those that this step can meet, the one with the least room.
template <page_allocator_like A>
[[nodiscard]] explanation explain(error e, const A& a, std::size_t wanted = 0) noexcept {
  switch (e.code) {
    case errc::out_of_address_space:
    case errc::out_of_memory:
    case errc::too_many_mappings: return detail::shortage(e, a, wanted);
    case errc::not_permitted: return detail::refusal<A>(e);
    case errc::not_supported: return detail::lack(e, a);
    case errc::system: return {};
    case errc::limit_exceeded: {
      if (a.zone_of(a.data()) == zone::outside) return {wall::limit, "the allocator's limits", {}, {}};
      return {wall::limit, "the maximum of this memory", a.size(), a.capacity()};
    }
    default: return {wall::none, "", {}, {}};
  }
}

}  // namespace quire
