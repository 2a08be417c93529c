// SPDX-License-Identifier: BSL-1.0
#pragma once
// mimalloc's heaps in an arena, for the stress program: one for each thread, as version 2 wants it.
#include <mimalloc.h>

#include <cstddef>

namespace quire::test {

struct mimalloc_heaps {
  mi_arena_id_t arena;

  class of_thread {
   public:
    explicit of_thread(const mimalloc_heaps& from) : heap_(mi_heap_new_in_arena(from.arena)) {}
    of_thread(const of_thread&) = delete;
    of_thread& operator=(const of_thread&) = delete;
    ~of_thread() { mi_heap_delete(heap_); }

    [[nodiscard]] void* allocate(std::size_t bytes) const { return mi_heap_malloc(heap_, bytes); }
    static void release(void* p) { mi_free(p); }

   private:
    mi_heap_t* heap_;
  };
};

}  // namespace quire::test
