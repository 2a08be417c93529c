// SPDX-License-Identifier: BSL-1.0
// memkind, in a mapping made by hand and in memories of Quire's.
#include <memkind.h>
#include <sys/mman.h>

#include <quire/heap/memkind.hpp>
#include <quire/quire.hpp>

#include "work.hpp"

namespace {

struct heap_of_kind {
  memkind_t kind;

  struct of_thread {
    heap_of_kind& from;
    void* allocate(std::size_t bytes) { return memkind_malloc(from.kind, bytes); }
    void release(void* p) { memkind_free(from.kind, p); }
  };
};

template <class A, class F>
bool on_quire(F f) {
  quire::heap::memkind_heap<A> made;
  if (!made.open(bench::heap_bytes)) std::abort();
  heap_of_kind heap{made.kind()};
  f(heap);
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  return bench::work_on(count, arguments, [](std::string_view pages, auto f) {
    if (pages == "plain") return on_quire<quire::linux_allocator>(f);
    if (pages == "huge") return on_quire<quire::huge_linux_allocator>(f);
    void* const memory =
        mmap(nullptr, bench::heap_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    heap_of_kind heap{};
    if (pages != "own" || memory == MAP_FAILED ||
        memkind_create_fixed(memory, bench::heap_bytes, &heap.kind) != MEMKIND_SUCCESS)
      return false;
    f(heap);
    return true;
  });
}
