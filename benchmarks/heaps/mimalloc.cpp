// SPDX-License-Identifier: BSL-1.0
// mimalloc, in an arena that it reserves itself and in arenas of Quire's.
#include <mimalloc.h>

#include <quire/heap/mimalloc.hpp>
#include <quire/quire.hpp>

#include "work.hpp"

namespace {

struct heap_in_arena {
  mi_arena_id_t arena;

  class of_thread {
   public:
    explicit of_thread(heap_in_arena& from) : heap_(mi_heap_new_in_arena(from.arena)) {}
    of_thread(const of_thread&) = delete;
    of_thread& operator=(const of_thread&) = delete;
    ~of_thread() { mi_heap_delete(heap_); }
    void* allocate(std::size_t bytes) {
      void* const p = mi_heap_malloc(heap_, bytes);
      return p != nullptr ? p : mi_heap_malloc(heap_, bytes);  // version 3 refuses a block now and then
    }
    static void release(void* p) { mi_free(p); }

   private:
    mi_heap_t* heap_;
  };
};

template <class A, class F>
bool on_quire(F f) {
  const auto arena = quire::heap::mimalloc_arena<A>(bench::heap_bytes);
  if (!arena) std::abort();
  heap_in_arena heap{*arena};
  f(heap);
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  return bench::work_on(count, arguments, [](std::string_view pages, auto f) {
    if (pages == "plain") return on_quire<quire::linux_allocator>(f);
    if (pages == "huge") return on_quire<quire::huge_linux_allocator>(f);
    mi_arena_id_t arena{};
    if (pages != "own" || mi_reserve_os_memory_ex(bench::heap_bytes, true, false, true, &arena) != 0) return false;
    heap_in_arena heap{arena};
    f(heap);
    return true;
  });
}
