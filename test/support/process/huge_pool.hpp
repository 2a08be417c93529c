// SPDX-License-Identifier: BSL-1.0
#pragma once
// Provides a pool of huge pages for one test, if the machine has none and this process may make one.
#include <cstddef>

namespace quire::test {

/// Why the test did not run, or how it failed.
struct pool_outcome {
  const char* refused = nullptr;  // there is no pool, and none can be made
  const char* failed = nullptr;   // the failure of f, or of restoring the pool
};

/// Runs f(context) with at least `pages` free pages of 2 MiB in the pool. A separate process enlarges the pool, waits
/// until f ends, in whatever way, and restores the pool.
pool_outcome with_huge_pool(std::size_t pages, void (*f)(void*), void* context);

template <class F>
pool_outcome with_huge_pool(std::size_t pages, F f) {
  return with_huge_pool(pages, [](void* context) { (*static_cast<F*>(context))(); }, &f);
}

std::size_t free_huge_pages();

}  // namespace quire::test
