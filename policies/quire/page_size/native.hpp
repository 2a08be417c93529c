// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

#include <quire/policy.hpp>

namespace quire::page_size {

/// The pages that the system gives by default.
struct native {
  using axis = axes::page_size;
  static constexpr std::size_t unit = 65536;
  constexpr void request(attributes&) const noexcept {}
  static constexpr void shape(geometry&) noexcept {}
};

}  // namespace quire::page_size
