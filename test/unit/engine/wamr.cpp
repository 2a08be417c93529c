// SPDX-License-Identifier: BSL-1.0
// The adapter for WAMR, called as WAMR calls it: through the pointers that it is given.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <quire/engine/wamr.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_dirty.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_configs.hpp"

namespace quire::test {
namespace {

using memory = engine::wamr_memory<wasm_linux_allocator>;
constexpr unsigned page = 65536;

/// What WAMR has: three pointers.
template <class Memory>
struct wamr {
  wamr() { Memory::install(args); }
  void* allocate(mem_alloc_usage_t usage, unsigned bytes) const {
    return reinterpret_cast<void* (*)(mem_alloc_usage_t, unsigned)>(args.mem_alloc_option.allocator.malloc_func)(usage,
                                                                                                                 bytes);
  }
  void* reallocate(mem_alloc_usage_t usage, void* p, unsigned bytes) const {
    const auto function = reinterpret_cast<void* (*)(mem_alloc_usage_t, bool, void*, unsigned)>(
        args.mem_alloc_option.allocator.realloc_func);
    return function(usage, true, p, bytes);
  }
  void release(mem_alloc_usage_t usage, void* p) const {
    reinterpret_cast<void (*)(mem_alloc_usage_t, void*)>(args.mem_alloc_option.allocator.free_func)(usage, p);
  }
  RuntimeInitArgs args{};
};

std::span<std::byte> bytes(void* p, std::size_t count) { return {static_cast<std::byte*>(p), count}; }

TEST_CASE("WAMR is told where to take memory", "[wamr]") {
  const wamr<memory> runtime;
  CHECK(runtime.args.mem_alloc_type == Alloc_With_Allocator);
  void* const p = runtime.allocate(Alloc_For_Runtime, 100);
  REQUIRE(p != nullptr);
  CHECK(memory::find(p) == nullptr);
  void* const larger = runtime.reallocate(Alloc_For_Runtime, p, 1000);
  REQUIRE(larger != nullptr);
  runtime.release(Alloc_For_Runtime, larger);
}

TEST_CASE("a linear memory of WAMR is zero, grows in place and faults behind its end", "[wamr]") {
  test_environment::run_isolated("a linear memory", [] {
    const wamr<memory> runtime;
    void* const p = runtime.allocate(Alloc_For_LinearMemory, 2 * page);
    test_environment::check(p != nullptr && all_zero(bytes(p, 2 * page)), "it is zero");
    auto* const base = static_cast<std::byte*>(p);
    fill(bytes(p, 2 * page), 1);
    expect_inaccessible<test_environment>(base + 2 * page, fault::accerr);
    test_environment::check(runtime.reallocate(Alloc_For_LinearMemory, p, 5 * page) == p, "it grows in place");
    test_environment::check(holds(bytes(p, 2 * page), 1) && all_zero(bytes(base + 2 * page, 3 * page)), "by zeros");
    expect_inaccessible<test_environment>(base + 5 * page, fault::accerr);
    expect_inaccessible<test_environment>(base + (std::size_t{8} << 30) - 1, fault::accerr);
    test_environment::check(runtime.reallocate(Alloc_For_LinearMemory, p, 4 * page) == p, "less changes nothing");
    test_environment::check(runtime.reallocate(Alloc_For_LinearMemory, p, 0) == nullptr, "4 GiB cannot be expressed");
    test_environment::check(memory::find(p)->size() == 5 * page, "it is as large as it was");
    runtime.release(Alloc_For_LinearMemory, p);
    test_environment::check(memory::find(p) == nullptr, "it is gone");
    runtime.release(Alloc_For_LinearMemory, nullptr);
  });
}

TEST_CASE("WAMR gets null where there is no memory", "[wamr]") {
  const wamr<memory> runtime;
  CHECK(runtime.allocate(Alloc_For_LinearMemory, 0) == nullptr);
  int foreign = 0;
  CHECK(runtime.reallocate(Alloc_For_LinearMemory, &foreign, page) == nullptr);
  void* const p = runtime.reallocate(Alloc_For_LinearMemory, nullptr, page);
  REQUIRE(p != nullptr);
  runtime.release(Alloc_For_LinearMemory, p);
}

TEST_CASE("whichever system call fails WAMR gets null and nothing stays mapped", "[wamr][fault]") {
  using failing_memory = engine::wamr_memory<wasm_linux_allocator::with_backing<failing_store>>;
  using injector = failing_store::calls::watcher;
  const wamr<failing_memory> runtime;
  std::size_t failures = 0;
  for (bool failed = true; failed; failures += failed) {
    injector::forget();
    injector::arm({failures, {ENOMEM}});
    void* const p = runtime.allocate(Alloc_For_LinearMemory, page);
    void* const grown = p == nullptr ? nullptr : runtime.reallocate(Alloc_For_LinearMemory, p, 2 * page);
    failed = !injector::failed.empty();
    injector::disarm();
    CHECK((grown == nullptr) == failed);
    runtime.release(Alloc_For_LinearMemory, p);
    CHECK(injector::mapped.all().empty());
  }
  CHECK(failures >= 3);
}

using slots = pool<wasm_linux_allocator, recycling::zero_dirty>;
slots& pooled() {
  static slots all;
  return all;
}
result<slots::memory> take(pages initial, std::optional<pages> maximum) noexcept {
  return pooled().acquire(initial, maximum);
}

TEST_CASE("linear memories of WAMR come from a pool", "[wamr]") {
  REQUIRE(pooled().open({.slots = 1, .maximum = pages{16}}));
  const wamr<engine::wamr_memory<slots::memory, take>> runtime;
  for (int round = 0; round != 3; ++round) {
    void* const p = runtime.allocate(Alloc_For_LinearMemory, page);
    REQUIRE(p != nullptr);
    CHECK(all_zero(bytes(p, page)));
    CHECK(runtime.allocate(Alloc_For_LinearMemory, page) == nullptr);  // the pool has one slot
    CHECK(runtime.reallocate(Alloc_For_LinearMemory, p, 16 * page) == p);
    CHECK(runtime.reallocate(Alloc_For_LinearMemory, p, 17 * page) == nullptr);
    fill(bytes(p, 16 * page), 1);
    runtime.release(Alloc_For_LinearMemory, p);
  }
  CHECK(pooled().close());
}

}  // namespace
}  // namespace quire::test
