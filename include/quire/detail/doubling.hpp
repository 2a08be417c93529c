// SPDX-License-Identifier: BSL-1.0
#pragma once
// Growth of a memory in which things are appended one by one.
#include <algorithm>
#include <cstdint>

#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>

namespace quire::detail {

/// Grows an allocator, unless it holds so many bytes already: to twice its pages, or to those that are needed, if these
/// are more or there is no memory for as many. Precondition: the capacity holds `bytes`.
template <page_allocator_like A>
[[nodiscard]] result<void> grow_by_doubling(A& a, std::uint64_t bytes) noexcept {
  const typename A::pages now = a.size_pages(), least = pages_for<A>(bytes);
  if (least <= now) return {};
  const std::uint64_t twice = std::min<std::uint64_t>(2 * now.n, a.capacity() / A::pages::unit);
  auto grown = a.grow(now, typename A::pages{std::max(least.n, twice) - now.n});
  if (!grown && twice > least.n) grown = a.grow(now, typename A::pages{least.n - now.n});
  if (!grown) return std::unexpected(grown.error());
  return {};
}

}  // namespace quire::detail
