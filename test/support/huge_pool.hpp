#pragma once
// A pool of huge pages for one test, where the machine has none and this process may make one.
#include <cstddef>

namespace quire::test {

/// Runs f(context) with at least `pages` free pages of 2 MiB in the pool. A process of its own raises the pool, waits
/// for f's end, however it ends, and restores the pool. Returns null, or why it cannot.
const char* with_huge_pool(std::size_t pages, void (*f)(void*), void* context);

template <class F>
const char* with_huge_pool(std::size_t pages, F f) {
  return with_huge_pool(pages, [](void* context) { (*static_cast<F*>(context))(); }, &f);
}

std::size_t free_huge_pages();

}  // namespace quire::test
