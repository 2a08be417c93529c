// SPDX-License-Identifier: BSL-1.0
// The scalable pool of the Unified Memory Framework, over its own provider and over Quire's.
#include <umf/memory_pool.h>
#include <umf/pools/pool_scalable.h>
#include <umf/providers/provider_os_memory.h>

#include <quire/heap/umf.hpp>
#include <quire/quire.hpp>
#include <quire/region_allocator.hpp>

#include "work.hpp"

namespace {

struct heap_of_pool {
  umf_memory_pool_handle_t pool;

  struct of_thread {
    heap_of_pool& from;
    void* allocate(std::size_t bytes) { return umfPoolMalloc(from.pool, bytes); }
    void release(void* p) { umfPoolFree(from.pool, p); }
  };
};

template <class F>
bool over(umf_memory_provider_handle_t provider, F f) {
  heap_of_pool heap{};
  if (umfPoolCreate(umfScalablePoolOps(), provider, nullptr, 0, &heap.pool) != UMF_RESULT_SUCCESS) return false;
  f(heap);
  umfPoolDestroy(heap.pool);
  umfMemoryProviderDestroy(provider);
  return true;
}

template <class A, class F>
bool on_quire(F f) {
  quire::region_allocator<A> regions;
  return over(quire::heap::make_umf_provider(regions).value(), f);
}

}  // namespace

int main(int count, char** arguments) {
  return bench::work_on(count, arguments, [](std::string_view pages, auto f) {
    if (pages == "plain") return on_quire<quire::linux_allocator>(f);
    if (pages == "huge") return on_quire<quire::huge_linux_allocator>(f);
    umf_os_memory_provider_params_handle_t terms = nullptr;
    umf_memory_provider_handle_t own = nullptr;
    if (pages != "own" || umfOsMemoryProviderParamsCreate(&terms) != UMF_RESULT_SUCCESS ||
        umfMemoryProviderCreate(umfOsMemoryProviderOps(), terms, &own) != UMF_RESULT_SUCCESS)
      return false;
    return over(own, f);
  });
}
