// SPDX-License-Identifier: BSL-1.0
// An operation that only checks, or that is refused, must not charge the partition and so starve other threads. The
// charges are recorded, so that the test does not depend on a race.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <thread>
#include <vector>

#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/assured.hpp>

#include "support/conformance.hpp"
#include "support/page_units.hpp"

namespace quire {
namespace test {

/// The store of Linux with a partition that records charges.
struct noted_store : backing::linux_mmap<> {
  constexpr noted_store() noexcept = default;
  constexpr explicit noted_store(const backing::linux_mmap<>&) noexcept {}
};

}  // namespace test

/// Records each charge that succeeds, and each uncharge as a negative number.
template <>
class memory_partition<test::noted_store> : public memory_partition<backing::linux_mmap<>> {
 public:
  using base = memory_partition<backing::linux_mmap<>>;

  bool charge(std::size_t bytes) {
    const bool charged = base::charge(bytes);
    if (charged && bytes != 0) notes.push_back(static_cast<long>(bytes));
    return charged;
  }
  void uncharge(std::size_t bytes) {
    if (bytes != 0) notes.push_back(-static_cast<long>(bytes));
    base::uncharge(bytes);
  }

  std::vector<long> notes;
};

namespace test {
namespace {

constexpr std::size_t page = 65536;
using noted_partition = memory_partition<noted_store>;
using noted_allocator = linux_allocator::with_backing<noted_store>;

TEST_CASE("an assured memory charges nothing when it checks for room", "[partitions]") {
  using assured = with_partition<noted_allocator::with_residency<residency::assured>>;
  noted_partition p;
  REQUIRE(p.open({.maximum = 8 * page, .minimum = 8 * page}));
  assured a{backing::partitioned{p}}, b{backing::partitioned{p}};
  REQUIRE(a.allocate(pages{7}, pages{16}));
  CHECK(p.notes == std::vector<long>{7 * page});
  p.notes.clear();
  CHECK(b.allocate(pages{2}, pages{8}).error().code == errc::out_of_memory);
  CHECK(a.grow(pages{2}).error().code == errc::out_of_memory);
  CHECK(a.reset(pages{9}).error().code == errc::out_of_memory);
  CHECK(p.notes.empty());
  REQUIRE(b.allocate(pages{1}, pages{8}));
  CHECK(p.notes == std::vector<long>{page});
}

TEST_CASE("a request that a partition cannot fulfil is refused before it is charged", "[partitions]") {
  using small = with_partition<noted_allocator::with_page_size<in_units<4096>>>;
  using placed = with_partition<noted_allocator::with_placement<placement::prefer>>;
  noted_partition p;
  REQUIRE(p.open({.maximum = 16 * page, .minimum = page}));
  placed on_a_node{backing::partitioned{p}, placement::prefer{.node = 0}};
  CHECK(on_a_node.allocate(pages{1}).error().code == errc::not_supported);
  CHECK(p.notes.empty());
  small a{backing::partitioned{p}};
  REQUIRE(a.allocate(small::pages{16}, small::pages{64}));
  p.notes.clear();
  CHECK(a.grow(small::pages{1}).error().code == errc::not_supported);
  CHECK(a.reset(small::pages{17}).error().code == errc::not_supported);
  CHECK(p.notes.empty());
}

/// Linux without memory for anything except blocks that the partition already holds.
struct full_machine : calls::linux_kernel {
  static int mprotect(void* p, std::size_t n, int how) noexcept {
    return how != prot_none ? ENOMEM : linux_kernel::mprotect(p, n, how);
  }
};

/// As many threads as blocks, each with at most one block: each finds one, in whatever order they come and go.
TEST_CASE("a free block is always found while other threads take and return blocks", "[partitions][threads]") {
  constexpr std::size_t threads = 4;
  using store = backing::linux_mmap<full_machine>;
  memory_partition<store> p;
  REQUIRE(p.open({.maximum = threads * page, .minimum = threads * page}));
  std::atomic<unsigned> refused = 0;
  std::vector<std::thread> all;
  for (std::size_t t = 0; t != threads; ++t)
    all.emplace_back([&] {
      with_partition<linux_allocator::with_backing<store>> a{backing::partitioned{p}};
      for (unsigned turn = 0; turn != 2000; ++turn) {
        if (!a.allocate(pages{1}, pages{2})) ++refused;
        if (!a.deallocate(a.data(), a.size())) ++refused;
      }
    });
  for (auto& thread : all) thread.join();
  CHECK(refused == 0);
  CHECK((p.charged() == 0 && p.free_bytes() == threads * page && p.close()));
}

/// A charge that was compared with the previous maximum is not kept under a lower one.
TEST_CASE("a charge never exceeds the maximum of the partition that is open", "[partitions][threads]") {
  memory_partition<backing::linux_mmap<>> p;
  REQUIRE(p.open({.maximum = 16 * page}));
  std::atomic<bool> done = false, beyond = false;
  std::thread other([&] {
    for (unsigned turn = 0; turn != 20000; ++turn)
      if (p.charge(10 * page)) {
        if (p.maximum() < 10 * page) beyond = true;
        p.uncharge(10 * page);
      }
    done = true;
  });
  bool reopened = true;
  for (unsigned turn = 0; !done && reopened; ++turn)
    if (p.close()) reopened = p.open({.maximum = (turn % 2 == 0 ? 4 : 16) * page}).has_value();
  other.join();
  CHECK(reopened);
  CHECK_FALSE(beyond);
  CHECK((p.charged() == 0 && p.close()));
}

}  // namespace
}  // namespace test
}  // namespace quire
