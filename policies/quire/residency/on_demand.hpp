// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// A page is brought in when it is first touched.
struct on_demand {
  using axis = axes::residency;
  constexpr void request(attributes& a) const noexcept { a.population = population::on_demand; }
};

}  // namespace quire::residency
