#pragma once
#include <quire/policy.hpp>

namespace quire::residency {

/// A page arrives when it is first touched.
struct on_demand {
  using axis = axes::residency;
  constexpr void wish(attributes& a) const noexcept { a.arrival = arrival::on_demand; }
};

}  // namespace quire::residency
