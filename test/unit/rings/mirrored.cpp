// SPDX-License-Identifier: BSL-1.0
// Mirrored memory over every typedef that can have it, on the real kernel and with every call failing.
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <dirent.h>
#include <string>
#include <sys/resource.h>
#include <tuple>

#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/mirrored.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>

#include "fault/mmap_rules.hpp"
#include "support/catch/test_environment.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/process/child.hpp"
#include "support/process/huge_pool.hpp"
#include "support/process/process_maps.hpp"
#include "support/test_configs.hpp"
#include "unit/rings/mirror_cases.hpp"

namespace quire::test {
namespace {

using pool_of_two_megabytes = page_size::explicit_huge<std::size_t{2} << 20>;

/// The typedefs over a store, as far as a machine without a pool of huge pages has them.
template <class A>
using mirrored_over = std::tuple<A, typename A::template with_protection<protection::unguarded>,
                                 typename A::template with_protection<protection::guarded<std::size_t{1} << 20, 4096>>,
                                 typename A::template with_protection<protection::aligned<std::size_t{1} << 20>>,
                                 typename A::template with_page_size<page_size::transparent_huge<>>,
                                 typename A::template with_page_size<page_size::transparent_huge<page_size::in_blocks>>,
                                 typename A::template with_page_size<page_size::no_huge>,
                                 typename A::template with_page_size<page_size::in_units_of<4096>>,
                                 typename A::template with_residency<residency::populated>,
                                 typename A::template with_residency<residency::locked>,
                                 typename A::template with_residency<residency::assured>,
                                 typename A::template with_residency<all_of<residency::assured, residency::locked>>,
                                 typename A::template with_residency<residency::excluded_from_dumps>,
                                 typename A::template with_residency<residency::not_inherited>,
                                 typename A::template with_tagging<tagging::named<"ring">>>;

TEMPLATE_LIST_TEST_CASE("mirrored memory is the same by both addresses", "[rings]", mirrored_over<linux_allocator>) {
  verify_life_of_mirrored<TestType>();
}

TEST_CASE("mirrored memory over POSIX, and over other parts of Linux", "[rings]") {
  verify_life_of_mirrored<posix_allocator>();
  verify_life_of_mirrored<posix_allocator::with_protection<protection::unguarded>>();
  verify_life_of_mirrored<linux_allocator::with_backing<backing::executable_linux_mmap<>>>();
  verify_life_of_mirrored<linux_allocator::with_placement<placement::local>>();
}

TEMPLATE_TEST_CASE("mirrored memory on nodes", "[rings]", placement::bind, placement::interleave) {
  verify_life_of_mirrored<linux_allocator::with_placement<TestType>>(TestType{.nodes = {0}});
  mirrored<linux_allocator::with_placement<TestType>> nowhere(TestType{});
  CHECK(is_refused(nowhere.allocate(1), errc::invalid_argument));
}

TEST_CASE("mirrored memory that prefers a node lies there", "[rings]") {
  using A = linux_allocator::with_placement<placement::prefer>;
  verify_life_of_mirrored<A>(placement::prefer{.node = 0});
  mirrored<A> absent(placement::prefer{.node = 700});
  const auto got = absent.allocate(1);
  REQUIRE_FALSE(got);
  CHECK(got.error().at == step::configure);
}

TEST_CASE("mirrored memory has its name in the list of mappings, once for each appearance", "[rings]") {
  mirrored<linux_allocator::with_tagging<tagging::named<"of two">>> m;
  REQUIRE(m.allocate(1));
  std::size_t found = 0;
  for (const mapping_facts& each : mappings_in(m.data(), 2 * m.size()))
    found += each.name.find("/memfd:of two") != std::string::npos ? 1U : 0U;
  CHECK(found == 2);
}

TEST_CASE("mirrored memory comes from a pool of huge pages, or from none", "[rings]") {
  const auto outcome = with_huge_pool(2, [] {
    using A = linux_allocator::with_page_size<pool_of_two_megabytes>;
    const std::size_t before = free_huge_pages();
    mirrored<A> m;
    const auto got = m.allocate(1);
    test_environment::check(got.has_value(), "it is allocated");
    if (!got) return;
    test_environment::check(m.size() == std::size_t{2} << 20, "it has one huge page");
    test_environment::check(free_huge_pages() + 1 == before, "which is taken from the pool once");
    m.both()[0] = std::byte{1};
    settle();
    test_environment::check(m.both()[m.size()] == std::byte{1}, "and is there twice");
    mirrored<A> beyond;
    const auto refused = beyond.allocate(free_huge_pages() * (std::size_t{2} << 20) + 1);
    test_environment::check(!refused && refused.error().code == errc::out_of_memory, "an empty pool is an error");
  });
  if (outcome.refused != nullptr) return skip(outcome.refused);
  CHECK(outcome.failed == nullptr);
}

TEST_CASE("a partition is charged once for mirrored memory, and refuses what it has no room for", "[rings]") {
  using A = with_partition<linux_allocator>;
  memory_partition<linux_allocator::backing_type> partition;
  REQUIRE(partition.open({.name = "rings", .maximum = 1 << 20}));
  verify_life_of_mirrored<A>(backing::partitioned{partition});
  {
    mirrored<A> m(backing::partitioned{partition}), other(backing::partitioned{partition});
    REQUIRE(m.allocate(700'000));
    CHECK(partition.charged() == m.size());
    const auto refused = other.allocate(700'000);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::out_of_memory);
    CHECK(partition.charged() == m.size());
    other = std::move(m);
    CHECK(partition.charged() == other.size());
  }
  CHECK(partition.charged() == 0);
}

TEMPLATE_TEST_CASE("a limit on the size of files is an error of mirrored memory and no signal", "[rings]",
                   linux_allocator, posix_allocator) {
  test_environment::run_isolated("file size", [] {
    const rlimit limit{4096, RLIM_INFINITY};
    test_environment::check(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
    mirrored<TestType> m;
    const auto got = m.allocate(1 << 20);
    test_environment::check(!got && got.error() == quire::error{errc::system, step::commit, EFBIG}, "it is refused");
    test_environment::check(m.data() == nullptr, "nothing is left");
  });
}

/// What a child process finds at addresses of its parent.
template <class A>
child_report touch_in_child(const mirrored<A>& m) {
  return run_in_child([&] {
    volatile std::byte* const p = m.data();
    p[0] = std::byte{7};
  });
}

TEST_CASE("a child process has no mirrored memory on Linux, and shares it on POSIX", "[rings]") {
  mirrored<linux_allocator> m;
  REQUIRE(m.allocate(1));
  CHECK(touch_in_child(m).signal == SIGSEGV);
  CHECK(m.data()[0] == std::byte{0});
  mirrored<posix_allocator> shared;
  REQUIRE(shared.allocate(1));
  CHECK(touch_in_child(shared).signal == 0);
  CHECK(shared.data()[0] == std::byte{7});
}

TEST_CASE("an access beside mirrored memory faults", "[rings]") {
  mirrored<linux_allocator> m;
  REQUIRE(m.allocate(1));
  for (const std::ptrdiff_t at : {std::ptrdiff_t{-1}, static_cast<std::ptrdiff_t>(2 * m.size())}) {
    const child_report told = run_in_child([&] {
      volatile std::byte* const p = m.data();
      p[at] = std::byte{7};
    });
    CHECK(told.signal == SIGSEGV);
  }
}

using failing_linux_allocator = linux_allocator::with_backing<failing_store>;
using failing_posix_allocator = posix_allocator::with_backing<backing::posix_mmap<failing_calls<calls::posix>>>;

std::size_t open_descriptors() {
  DIR* const folder = ::opendir("/proc/self/fd");
  std::size_t count = 0;
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

TEMPLATE_LIST_TEST_CASE("whichever call of mirrored memory fails nothing is left", "[rings][fault]",
                        mirrored_over<failing_linux_allocator>) {
  const std::size_t before = open_descriptors();
  survive_every_failure_of_mirrored<TestType, fault_rules<failing_store::calls>>();
  CHECK(open_descriptors() == before);
}

TEST_CASE("whichever call of mirrored memory from a pool, on a node, or of POSIX fails nothing is left",
          "[rings][fault]") {
  const std::size_t before = open_descriptors();
  using rules = fault_rules<failing_store::calls>;
  survive_every_failure_of_mirrored<failing_linux_allocator::with_page_size<pool_of_two_megabytes>, rules>();
  survive_every_failure_of_mirrored<failing_linux_allocator::with_placement<placement::prefer>, rules>(
      placement::prefer{.node = 0});
  survive_every_failure_of_mirrored<failing_posix_allocator, fault_rules<failing_calls<calls::posix>>>();
  CHECK(open_descriptors() == before);
}

TEST_CASE("whichever call of a partition's mirrored memory fails the partition is charged for none", "[rings][fault]") {
  memory_partition<failing_store> partition;
  REQUIRE(partition.open({.name = "rings", .maximum = 1 << 22}));
  survive_every_failure_of_mirrored<with_partition<failing_linux_allocator>, fault_rules<failing_store::calls>>(
      backing::partitioned{partition});
  CHECK(partition.charged() == 0);
}

/// Another program has taken the names of the first attempts.
struct names_taken : calls::posix {
  static inline int left = 0;
  static int create_object(const char* name, unsigned permissions) noexcept {
    return left-- > 0 ? -exists : calls::posix::create_object(name, permissions);
  }
};

TEST_CASE("a name that exists is not the end of mirrored memory of POSIX", "[rings]") {
  mirrored<posix_allocator::with_backing<backing::posix_mmap<names_taken>>> m;
  names_taken::left = 3;
  CHECK(m.allocate(1));
  CHECK(m.deallocate());
  names_taken::left = 1000;
  const auto got = m.allocate(1);
  REQUIRE_FALSE(got);
  CHECK(got.error() == quire::error{errc::system, step::commit, EEXIST});
}

}  // namespace
}  // namespace quire::test
