// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>

#include <quire/policy/recycling.hpp>

namespace quire::recycling {

/// All accessible bytes are overwritten with zeros, up to the bytes that may stay in memory; the rest is given back.
/// Suits memories that are written to three quarters or more. Makes every page resident.
struct zero_all {
  static recycled recycle(const auto& pages) noexcept {
    const std::size_t kept = std::min(pages.accessible(), pages.keepable());
    pages.restore(0, kept);
    return {kept == pages.accessible() ? 0 : pages.give_back(kept, pages.accessible()), kept};
  }
};

}  // namespace quire::recycling
