// SPDX-License-Identifier: BSL-1.0
// The Unified Memory Framework itself over regions of Quire's.
#include <umf/memory_pool.h>
#include <umf/pools/pool_disjoint.h>
#include <umf/pools/pool_scalable.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <quire/backing/partitioned.hpp>
#include <quire/heap/umf.hpp>
#include <quire/memory_partition.hpp>
#include <quire/quire.hpp>
#include <quire/region_allocator.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/heaps/stress.hpp"

namespace quire::test {
namespace {

/// A pool over a provider, both destroyed with it.
class pool_for_threads {
 public:
  template <class A>
  explicit pool_for_threads(region_allocator<A>& from, const umf_memory_pool_ops_t* kind = umfScalablePoolOps())
      : provider_(heap::make_umf_provider(from).value()) {
    if (umfPoolCreate(kind, provider_, nullptr, 0, &pool_) != UMF_RESULT_SUCCESS) pool_ = nullptr;
  }
  pool_for_threads(const pool_for_threads&) = delete;
  pool_for_threads& operator=(const pool_for_threads&) = delete;
  ~pool_for_threads() {
    if (pool_ != nullptr) umfPoolDestroy(pool_);
    umfMemoryProviderDestroy(provider_);
  }
  [[nodiscard]] umf_memory_provider_handle_t provider() const { return provider_; }
  [[nodiscard]] umf_memory_pool_handle_t pool() const { return pool_; }

  struct of_thread {
    pool_for_threads& from;
    [[nodiscard]] void* allocate(std::size_t bytes) const { return umfPoolMalloc(from.pool_, bytes); }
    void release(void* p) const { umfPoolFree(from.pool_, p); }
  };

 private:
  umf_memory_provider_handle_t provider_;
  umf_memory_pool_handle_t pool_ = nullptr;
};

template <class A>
void work(region_allocator<A>& regions, const umf_memory_pool_ops_t* kind = umfScalablePoolOps(),
          stress_terms terms = {}) {
  {
    pool_for_threads shared(regions, kind);
    REQUIRE(shared.pool() != nullptr);
    const stress_outcome got = heap_stress(shared, terms).run();
    CHECK(got.refused == 0);
    CHECK(got.damaged == 0);
    CHECK(got.blocks > 10000);
    void* const p = umfPoolMalloc(shared.pool(), 100);
    const auto where = regions.find(p);
    CHECK((where && where->where == zone::accessible));
    umfPoolFree(shared.pool(), p);
  }
  CHECK(regions.statistics() == region_statistics{});
}

TEMPLATE_TEST_CASE("threads exchange blocks of UMF's scalable pool on Quire's pages", "[umf]", linux_allocator,
                   huge_linux_allocator) {
  region_allocator<TestType> regions;
  work(regions);
}

TEST_CASE("a pool within a budget leaves nothing charged", "[umf]") {
  memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 256 << 20}));
  region_allocator<with_partition<linux_allocator>> regions(backing::partitioned{partition});
  work(regions);
  CHECK(partition.charged() == 0);
}

TEST_CASE("a budget that is used up is a null of UMF's, and what is freed can be used again", "[umf]") {
  memory_partition<backing::linux_mmap<>> partition;
  REQUIRE(partition.open({.name = "heap", .maximum = 24 << 20}));
  region_allocator<with_partition<linux_allocator>> regions(backing::partitioned{partition});
  pool_for_threads shared(regions);
  for (int i = 0; i < 2; ++i) {
    std::vector<void*> all;
    while (void* const p = umfPoolMalloc(shared.pool(), 20000)) all.push_back(p);
    CHECK(all.size() > 400);
    CHECK(partition.charged() <= partition.maximum());
    for (void* const each : all) umfPoolFree(shared.pool(), each);
  }
}

TEST_CASE("a provider does as UMF asks, and refuses what is wrong", "[umf]") {
  region_allocator<linux_allocator> regions;
  const umf_memory_provider_handle_t provider = heap::make_umf_provider(regions).value();
  const char* name = nullptr;
  CHECK(umfMemoryProviderGetName(provider, &name) == UMF_RESULT_SUCCESS);
  CHECK(std::string(name) == "quire");
  std::size_t page = 0;
  CHECK(umfMemoryProviderGetMinPageSize(provider, nullptr, &page) == UMF_RESULT_SUCCESS);
  CHECK(page == regions.granularity());
  void* p = nullptr;
  REQUIRE(umfMemoryProviderAlloc(provider, 10 * page, 1 << 20, &p) == UMF_RESULT_SUCCESS);
  CHECK(reinterpret_cast<std::uintptr_t>(p) % (1 << 20) == 0);
  std::memset(p, 1, 10 * page);
  CHECK(umfMemoryProviderPurgeForce(provider, p, 9 * page) == UMF_RESULT_SUCCESS);
  CHECK(static_cast<const char*>(p)[9 * page - 1] == 0);
  CHECK(static_cast<const char*>(p)[9 * page] == 1);
  CHECK(umfMemoryProviderPurgeForce(provider, p, 100) == UMF_RESULT_ERROR_INVALID_ALIGNMENT);
  CHECK(umfMemoryProviderPurgeForce(provider, p, 11 * page) == UMF_RESULT_ERROR_INVALID_ARGUMENT);
  CHECK(umfMemoryProviderPurgeLazy(provider, p, page) == UMF_RESULT_ERROR_NOT_SUPPORTED);
  CHECK(umfMemoryProviderFree(provider, p, 9 * page) == UMF_RESULT_ERROR_INVALID_ARGUMENT);
  CHECK(umfMemoryProviderFree(provider, p, 10 * page - 1) == UMF_RESULT_SUCCESS);
  CHECK(umfMemoryProviderFree(provider, p, 10 * page) == UMF_RESULT_ERROR_INVALID_ARGUMENT);
  CHECK(umfMemoryProviderAlloc(provider, SIZE_MAX / 2, 0, &p) == UMF_RESULT_ERROR_INVALID_ARGUMENT);
  CHECK(umfMemoryProviderDestroy(provider) == UMF_RESULT_SUCCESS);
  CHECK(regions.statistics() == region_statistics{});
}

TEST_CASE("whichever call fails UMF survives it, and nothing stays mapped", "[umf][fault]") {
  using injector = failing_store::calls::watcher;
  bool has_failed = true;
  std::size_t at = 0;
  for (; has_failed; ++at) {
    injector::forget();
    {
      region_allocator<linux_allocator::with_backing<failing_store>> regions;
      injector::arm({at, {12, false}});
      {
        pool_for_threads shared(regions);
        for (const std::size_t bytes : {std::size_t{100}, std::size_t{60000}, std::size_t{3000000}})
          if (shared.pool() != nullptr) umfPoolFree(shared.pool(), umfPoolMalloc(shared.pool(), bytes));
      }
      has_failed = !injector::failed.empty();
      injector::disarm();
    }
    CHECK(injector::mapped.all().empty());
  }
  CHECK(at > 2);
}

}  // namespace
}  // namespace quire::test
