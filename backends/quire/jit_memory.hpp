// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory for generated code over the platform's typedef or another one, and what its refusals mean.
#include <algorithm>
#include <cstddef>

#include <quire/basic_jit_memory.hpp>
#include <quire/explain.hpp>
#include <quire/native.hpp>

namespace quire {

/// Memory for generated code; `native_jit_allocator` maps it twice where the system can.
template <class A = native_jit_allocator>
using jit_memory = basic_jit_memory<A>;

/// Names the limit that the error `e`, returned by `jit`, has met; where no gap is near enough to the target of
/// placement::near_to, how far away the nearest one is. `wanted` is the size of the failed operation in bytes.
template <class A>
[[nodiscard]] explanation explain(error e, const basic_jit_memory<A>& jit, std::size_t wanted = 0) noexcept {
  using calls = detail::calls_of<A>;
  constexpr std::size_t bytes_of_slab = basic_jit_memory<A>::slab_bytes;
  const std::size_t bytes = align_up(std::min(std::max<std::size_t>(wanted, 1), max_bytes / 2), bytes_of_slab);
  const detail::asked_for asked{
      .least = bytes, .committed = bytes, .reserved_least = bytes, .reserved_most = bytes, .alignment = bytes_of_slab};
  switch (e.code) {
    case errc::out_of_address_space:
    case errc::out_of_memory:
    case errc::too_many_mappings: return detail::explain_exhausted<calls>(e.at, e.native, jit.requested(), asked);
    case errc::not_permitted: return detail::explain_denied<calls>(e.at);
    case errc::not_supported: return detail::explain_unsupported<calls>(e.at, e.native, jit.requested());
    case errc::limit_exceeded: return {limit_kind::configured, "the span", jit.statistics().span, {}};
    case errc::system: return {};
    default: return {limit_kind::none, "", {}, {}};
  }
}

}  // namespace quire
