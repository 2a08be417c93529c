// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where the adapters of engines take memories: from a function that makes allocators, or from a pool.
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>

namespace quire::engine {

/// A pool is one. Precondition: any thread may call `acquire`, at any time.
template <class S, class A>
concept memory_source = requires(S& source, typename A::pages n) {
  { source.acquire(n, std::optional(n)) } -> std::same_as<result<A>>;
};

/// Makes an allocator without run-time data. For one with data (a NUMA node, a smaller limit) a user writes another
/// such function, and for memories of a pool one of this form: `result<A> take(pages initial, std::optional<pages>
/// maximum)`.
template <page_allocator_like A>
[[nodiscard]] A make_default() noexcept {
  // Not a constraint: a default argument that does not fit its parameter is an error that names no reason.
  static_assert(std::is_default_constructible_v<A>,
                "quire: a policy or store of this typedef holds data: give the adapter a function or a source that "
                "makes its allocators (quire/engine/memory_source.hpp)");
  return A{};
}

namespace detail {

/// Calls a function of either form.
template <page_allocator_like A, auto Function>
[[nodiscard]] result<A> take_by(typename A::pages initial, std::optional<typename A::pages> maximum) noexcept {
  if constexpr (std::invocable<decltype(Function)>) {
    result<A> made(Function());
    if (const auto done = made->allocate(initial, maximum); !done) made = std::unexpected(done.error());
    return made;
  } else {
    return Function(initial, maximum);
  }
}

/// A maximum beyond the allocator's limit, which is refused at `plan`, is not an error: growth fails at that limit, as
/// WebAssembly allows. (A pool without a free slot refuses at `reserve`.)
template <page_allocator_like A, class Take>
[[nodiscard]] result<A> take_up_to(Take take, typename A::pages initial, typename A::pages maximum) noexcept {
  result<A> got = take(initial, std::optional(std::max(initial, maximum)));
  if (!got && got.error().code == errc::limit_exceeded && got.error().at == step::plan)
    got = take(initial, std::nullopt);
  return got;
}

/// Grows an allocator, unless it holds so many bytes already.
template <page_allocator_like A>
[[nodiscard]] result<void> grow_to_hold(A& a, std::uint64_t bytes) noexcept {
  const auto now = a.size_pages(), wanted = pages_for<A>(bytes);
  if (wanted > now)
    if (const auto done = a.grow(now, typename A::pages{wanted.n - now.n}); !done) return std::unexpected(done.error());
  return {};
}

}  // namespace detail
}  // namespace quire::engine
