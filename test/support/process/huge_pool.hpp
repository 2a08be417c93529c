#pragma once
// A pool of huge pages for one test, where the machine has none and this process may make one.
#include <cstddef>

namespace quire::test {

/// What became of it, where not all is well.
struct pool_outcome {
  const char* refused = nullptr;  // why it was not run: there is no pool, and none can be made
  const char* failed = nullptr;   // what went wrong with it, or after it
};

/// Runs f(context) with at least `pages` free pages of 2 MiB in the pool. A process of its own raises the pool, waits
/// for f's end, however it ends, and restores the pool.
pool_outcome with_huge_pool(std::size_t pages, void (*f)(void*), void* context);

template <class F>
pool_outcome with_huge_pool(std::size_t pages, F f) {
  return with_huge_pool(pages, [](void* context) { (*static_cast<F*>(context))(); }, &f);
}

std::size_t free_huge_pages();

}  // namespace quire::test
