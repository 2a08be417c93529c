// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstddef>

#include <quire/policy/recycling.hpp>

namespace quire::recycling {

/// Another policy, whose result is checked: every accessible byte is read, and if one is not zero, all memory is given
/// back. For tests and checked builds, since reading brings pages in. `leaks` counts such memories, in all pools of the
/// program: a high-water mark was too low.
template <recycling_policy R>
struct verified {
  static_assert(detail::may_wait<R> == 0, "quire: a recycling that waits verifies as deferred<verified<...>>");
  using state = typename detail::state_of<R>::type;
  static constexpr bool scans = detail::scans<R>;
  /// Memories that were not clean, since the program began.
  static inline std::atomic<std::size_t> leaks{0};

  static recycled recycle(const auto& pages) noexcept {
    const recycled done = R::recycle(pages);
    if (done.native != 0 || pages.is_as_new(0, pages.accessible())) return done;
    ++leaks;
    return {pages.give_back(0, pages.accessible()), 0};
  }
};

}  // namespace quire::recycling
