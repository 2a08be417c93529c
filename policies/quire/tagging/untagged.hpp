// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy.hpp>

namespace quire::tagging {

/// No tags of any kind.
struct untagged {
  using axis = axes::tagging;
  constexpr void request(attributes&) const noexcept {}
};

}  // namespace quire::tagging
