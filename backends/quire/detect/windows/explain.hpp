// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which limit Windows met at a step.
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <quire/error.hpp>
#include <quire/explanation.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/system/asked_for.hpp>
#include <quire/system/limit_analysis.hpp>

namespace quire::detail {

/// Calls of a system that charges committed memory.
template <class Calls>
concept windows_calls = requires(typename Calls::memory_status& told) {
  { Calls::query_memory(told) } noexcept -> std::same_as<int>;
};

/// GlobalMemoryStatusEx, and GetProcessWorkingSetSize for locks, whose usage the system does not report.
template <windows_calls Calls>
[[nodiscard]] explanation explain_exhausted(step at, int, const attributes&, const asked_for& asked) noexcept {
  const std::uint64_t reserved = std::max({asked.reserved_least, asked.reserved_most, asked.least});
  limit_analysis v(at == step::reserve ? reserved : asked.committed, asked.least);
  typename Calls::memory_status told{};
  const bool known = Calls::query_memory(told) == 0;
  if (at == step::reserve)
    v.consider(known ? explanation{limit_kind::address_space, "", told.addresses - told.free_addresses, told.addresses}
                     : explanation{limit_kind::address_space});
  else if (at == step::lock) {
    std::size_t minimum = 0, maximum = 0;
    const bool answered = Calls::working_set_limits(minimum, maximum) == 0;
    explanation budget{limit_kind::configured, "the process's minimum working set", {}, {}};
    if (answered) budget.limit = minimum;
    v.consider(budget);
  } else {
    v.consider(known ? explanation{limit_kind::configured, "commit limit", told.commit_limit - told.free_commit,
                                   told.commit_limit}
                     : explanation{limit_kind::configured, "commit limit", {}, {}});
  }
  return v.result();
}

template <windows_calls Calls>
[[nodiscard]] constexpr explanation explain_unsupported(step at, int, const attributes& requested) noexcept {
  if (at == step::reserve && requested.numa.mode == numa_mode::prefer)
    return {limit_kind::unsupported, "this machine: a node is absent", {}, {}};
  return {limit_kind::unsupported, "this version of the system", {}, {}};
}

}  // namespace quire::detail
