// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <cstddef>

#include <quire/policy/recycling.hpp>

namespace quire::recycling {

/// The bytes below the high-water mark that the user has set (`set_high_water_mark`) are overwritten with zeros, but no
/// more than may stay in memory; the rest of the memory is given back. No system call, and the cost of a memset.
/// A user that sets no mark has written everything. A mark below a byte that was written leaves that byte to the next
/// user: recycling::verified finds such marks.
struct zero_high_water {
  static recycled recycle(const auto& pages) noexcept {
    const std::size_t kept = std::min(pages.written(), pages.keepable());
    pages.restore(0, kept);
    if (kept == pages.written()) return {0, std::max(kept, pages.resident())};
    return {pages.give_back(kept, pages.accessible()), kept};
  }
};

}  // namespace quire::recycling
