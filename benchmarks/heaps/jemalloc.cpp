// SPDX-License-Identifier: BSL-1.0
// jemalloc, on an arena of its own and on arenas of Quire's.
#include <jemalloc/jemalloc.h>

#include <quire/heap/jemalloc.hpp>
#include <quire/quire.hpp>

#include "work.hpp"

namespace {

/// Each thread has a cache of its own, and closes it.
struct heap_in_arena {
  unsigned index;

  class of_thread {
   public:
    explicit of_thread(heap_in_arena& from) {
      unsigned cache = 0;
      std::size_t bytes = sizeof cache;
      if (mallctl("tcache.create", &cache, &bytes, nullptr, 0) != 0) std::abort();
      cache_ = cache;
      flags_ = MALLOCX_ARENA(from.index) | MALLOCX_TCACHE(cache);
    }
    of_thread(const of_thread&) = delete;
    of_thread& operator=(const of_thread&) = delete;
    ~of_thread() { (void)mallctl("tcache.destroy", nullptr, nullptr, &cache_, sizeof cache_); }
    void* allocate(std::size_t bytes) { return mallocx(bytes, flags_); }
    void release(void* p) {
      if (p != nullptr) dallocx(p, flags_);
    }

   private:
    unsigned cache_;
    int flags_;
  };
};

template <class A, class F>
bool on_quire(F f) {
  quire::heap::jemalloc_arena<A> arena;
  if (!arena.open()) std::abort();
  heap_in_arena heap{arena.index()};
  f(heap);
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  return bench::work_on(count, arguments, [](std::string_view pages, auto f) {
    if (pages == "plain") return on_quire<quire::linux_allocator>(f);
    if (pages == "huge") return on_quire<quire::huge_linux_allocator>(f);
    unsigned index = 0;
    std::size_t bytes = sizeof index;
    if (pages != "own" || mallctl("arenas.create", &index, &bytes, nullptr, 0) != 0) return false;
    heap_in_arena heap{index};
    f(heap);
    return true;
  });
}
