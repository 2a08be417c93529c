// SPDX-License-Identifier: BSL-1.0
#pragma once
// Which limit was met on a system that reports its limits, but not their use.
#include <algorithm>

#include <quire/error.hpp>
#include <quire/explanation.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/system/asked_for.hpp>
#include <quire/system/limit_analysis.hpp>
#include <quire/system/rlimits.hpp>

namespace quire::detail {

/// A limit is certain only if it is below the requested amount.
template <posix_calls Calls>
[[nodiscard]] explanation explain_exhausted(step at, int native, const attributes&, const asked_for& asked) noexcept {
  if (at == step::reserve) {
    limit_analysis v(std::max({asked.reserved_least, asked.reserved_most, asked.least}), 0);
    bool is_lock_limit = false;
    if constexpr (requires { Calls::again; }) is_lock_limit = native == Calls::again;
    v.consider(explanation_of(is_lock_limit ? rlimit_of_locking<Calls>() : rlimit_of_address_space<Calls>()));
    return v.result();
  }
  limit_analysis v(asked.committed, asked.least);
  if (at == step::commit || at == step::protect) v.consider(explanation_of(rlimit_of_data<Calls>()));
  if (at == step::lock) v.consider(explanation_of(rlimit_of_locking<Calls>()));
  return v.result();
}

}  // namespace quire::detail
