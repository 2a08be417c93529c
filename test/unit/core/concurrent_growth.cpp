// SPDX-License-Identifier: BSL-1.0
// Memories that several threads read and grow at once.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <quire/backing/concurrent.hpp>
#include <quire/backing/imaged.hpp>
#include <quire/fallback.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/residency/excluded_from_dumps.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/conformance.hpp"
#include "support/fakes/failing_configs.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {
namespace {

using growing = with_concurrent_growth<linux_allocator>;
using growing_units = with_concurrent_growth<linux_allocator::with_page_size<page_size::in_units_of<4096>>>;
using growing_posix = with_concurrent_growth<posix_allocator>;
static_assert(page_allocator_like<growing> && sizeof(growing) <= sizeof(linux_allocator) + sizeof(void*));

TEMPLATE_TEST_CASE("a memory that threads may grow passes the conformance cases", "[conformance]", plain<growing>,
                   plain<growing_units>, plain<growing_posix>, plain<with_images<growing>>) {
  conform<TestType>();
}
TEST_CASE("a memory of a pool that threads may grow passes the conformance cases", "[conformance]") {
  using config = pooled<growing, recycling::zero_dirty>;
  conform<config>();
  CHECK(config::slots().close());
}

/// A byte that one thread writes while others read it.
std::atomic_ref<unsigned char> last_byte(std::byte* p) {
  return std::atomic_ref<unsigned char>(*reinterpret_cast<unsigned char*>(p));
}

/// Four threads grow the memory by `each` units in steps, while two read it. Each unit is handed out once, zero; no
/// reader sees a size whose last byte cannot be read. Catch2's assertions are not thread-safe.
template <class M>
bool grows_in_threads(M& m, std::size_t each) {
  using unit_pages = typename M::pages;
  std::atomic<bool> well{true};
  std::atomic<int> growers{4};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (std::size_t k = 0; k < each; ++k) {
        const auto before = m.grow(unit_pages{1});
        if (!before) {
          well = false;
          break;
        }
        std::byte* const mine = m.data() + before->n * unit_pages::unit;
        if (!all_zero({mine, unit_pages::unit})) well = false;
        fill({mine, unit_pages::unit - 1}, 1);
        last_byte(mine + unit_pages::unit - 1) = 1;
      }
      --growers;
    });
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      for (std::size_t last = 0; growers != 0;) {
        const std::size_t size = m.size();
        std::byte* const end = m.data() + size - 1;
        if (size < last || m.zone_of(end) != zone::accessible || last_byte(end) > 1) well = false;
        last = size;
      }
    });
  for (auto& t : threads) t.join();
  return well;
}

TEMPLATE_TEST_CASE("threads grow a memory at once, and each gets pages of its own", "[threads]", growing, growing_units,
                   growing_posix) {
  using unit_pages = typename TestType::pages;
  TestType m;
  REQUIRE(m.allocate(unit_pages{1}, unit_pages{401}));
  CHECK(grows_in_threads(m, 100));
  CHECK(m.size_pages() == unit_pages{401});
  CHECK(m.grow(unit_pages{1}).error().code == errc::limit_exceeded);
  CHECK(m.grow(unit_pages{3}, unit_pages{0}).error().code == errc::size_mismatch);
}

TEST_CASE("threads grow a memory of a fallback at once, and no growth is a mismatch of sizes", "[threads]") {
  using small = linux_allocator::with_page_size<page_size::in_units_of<4096>>;
  fallback<with_concurrent_growth<small::with_residency<residency::excluded_from_dumps>>, growing_units> m;
  using unit_pages = growing_units::pages;
  REQUIRE(m.allocate(unit_pages{1}, unit_pages{4001}));
  CHECK(grows_in_threads(m, 1000));
  CHECK(m.size_pages() == unit_pages{4001});
}

TEST_CASE("threads grow a memory of a pool, and the next user finds zeros", "[threads]") {
  pool<with_images<growing>, recycling::zero_all> p;
  REQUIRE(p.open({.slots = 1, .maximum = pages{101}}));
  for (int round = 0; round < 2; ++round) {
    auto m = p.acquire(pages{1});
    REQUIRE(m);
    CHECK(grows_in_threads(*m, 25));
    CHECK(m->size_pages() == pages{101});
  }
}

TEST_CASE("a growth that fails, and a move, let the next thread grow the memory", "[threads]") {
  using failing = with_concurrent_growth<linux_allocator::with_backing<failing_store>>;
  using injector = failing_store::calls::watcher;
  failing m;
  REQUIRE(m.allocate(pages{1}, pages{8}));
  injector::arm({0, {ENOMEM, false}});
  CHECK(m.grow(pages{1}).error().code == errc::out_of_memory);
  injector::disarm();
  CHECK(m.grow(pages{1}));
  failing moved = std::move(m);
  CHECK(moved.grow(pages{1}).value() == pages{2});
  CHECK(grows_in_threads(moved, 1));
}

}  // namespace
}  // namespace quire::test
