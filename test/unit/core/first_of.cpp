// first_of selects the first alternative that this machine supports, and reports which one.
#include <cerrno>

#include <quire/first_of.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/placement/bind.hpp>
#include <quire/placement/local.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/named.hpp>

#include "support/catch/catch.hpp"
#include "support/fakes/failing_configs.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"

namespace quire::test {
namespace {

using explicit_2m = page_size::explicit_huge<2_MiB>;
using sizes = first_of<explicit_2m, page_size::transparent_huge<>, page_size::no_huge>;
using choosing = linux_allocator::with_page_size<sizes>;
template <template <class> class Pretended>
using choosing_over = choosing::with_backing<backing::linux_mmap<Pretended<calls::linux_kernel>>>;

TEST_CASE("first_of uses the first alternative where the machine supports it", "[first_of]") {
  choosing_over<fake_pool> a;
  REQUIRE(a.allocate(pages{1}, pages{40}).has_value());
  CHECK(a.acting_alternative() == 0);
  CHECK(a.requested().huge == huge_request::from_pool);
  CHECK(a.granularity() == 2_MiB);
  CHECK(a.commit_granule() == 2_MiB);
  CHECK(a.reserved() == 4_MiB);
}

TEST_CASE("first_of uses the next alternative where the first is unavailable", "[first_of]") {
  choosing_over<fake_lack_of_pool> a;
  REQUIRE(a.allocate(pages{1}, pages{40}).has_value());
  CHECK(a.acting_alternative() == 1);
  CHECK(a.requested().huge == huge_request::when_possible);
  CHECK(a.granularity() == calls::linux_kernel::page_bytes());
  CHECK(a.grow(pages{39}).has_value());
  CHECK(a.deallocate(a.data(), a.size()).has_value());
  REQUIRE(a.allocate(pages{1}, pages{40}).has_value());
  CHECK(a.acting_alternative() == 1);
}

TEST_CASE("a move carries the chosen alternative along", "[first_of]") {
  choosing_over<fake_lack_of_pool> a;
  REQUIRE(a.allocate(pages{3}, pages{40}).has_value());
  auto b = std::move(a);
  CHECK(b.acting_alternative() == 1);
  CHECK(b.protect(65536, b.granularity(), access::read).has_value());
}

using sabotaged = choosing::with_backing<failing_store>;
using journal = failing_store::calls::watcher;

TEST_CASE("an alternative that fails is undone before the next is tried", "[first_of]") {
  journal::forget();
  sabotaged a;
  for (const std::size_t at : {1U, 2U}) {  // mmap; madvise (not inherited), mprotect
    journal::arm({at, {ENOMEM, false}});
    REQUIRE(a.allocate(pages{1}, pages{40}).has_value());
    CHECK(a.acting_alternative() == 1);
    journal::arm();
    REQUIRE(a.deallocate(a.data(), a.size()).has_value());
    CHECK(journal::mapped.all().empty());
  }
}

TEST_CASE("each alternative may fail at its own request and the error of the last one is returned", "[first_of]") {
  journal::forget();
  sabotaged a;
  // 0: mmap, madvise and munmap; 1: mmap, madvise
  journal::arm({1, {ENOMEM, false}}, {4, {EINVAL, false}});
  REQUIRE(a.allocate(pages{1}, pages{40}).has_value());
  CHECK(a.acting_alternative() == 2);
  REQUIRE(a.deallocate(a.data(), a.size()).has_value());

  struct no_mmap : calls::linux_kernel {
    static calls::mapping mmap(void*, std::size_t, int, int) noexcept { return {nullptr, ENOMEM}; }
  };
  choosing::with_backing<backing::linux_mmap<no_mmap>> none;
  const auto got = none.allocate(pages{1}, pages{40});
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error() == error{errc::out_of_address_space, step::reserve, ENOMEM});
  CHECK(none.data() == nullptr);
}

TEST_CASE("a failure unrelated to the choice is returned without trying the next alternative", "[first_of]") {
  using choice = first_of<residency::populated, residency::on_demand>;
  using other = linux_allocator::with_residency<choice>::with_backing<failing_store>;
  journal::forget();
  other a;
  journal::arm({1, {ENOMEM, false}});  // mprotect: commit, which all residencies have in common
  const auto got = a.allocate(pages{1}, pages{40});
  journal::disarm();
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error() == error{errc::out_of_memory, step::commit, ENOMEM});
  CHECK(journal::mapped.all().empty());
  journal::arm({2, {ENOMEM, false}});  // madvise: populated's own
  REQUIRE(a.allocate(pages{1}, pages{40}).has_value());
  CHECK(a.acting_alternative() == 1);
}

TEST_CASE("alternatives that hold data are passed as one first_of argument", "[first_of]") {
  if (const char* const reason = no_numa_calls()) return skip(reason);
  using choice = first_of<placement::bind, placement::prefer, placement::local>;
  using placed = linux_allocator::with_placement<choice>;
  // Node 1000 does not exist.
  placed a{choice{placement::bind{node_set{1000}}, placement::prefer{.node = 0}, placement::local{}}};
  REQUIRE(a.allocate(pages{1}, pages{40}).has_value());
  CHECK(a.acting_alternative() == 1);
  placed b{choice{placement::bind{node_set{0}}, placement::prefer{.node = 0}, placement::local{}}};
  REQUIRE(b.allocate(pages{1}, pages{40}).has_value());
  CHECK(b.acting_alternative() == 0);
  placed c{choice{placement::bind{node_set{1000}}, placement::prefer{.node = 1000}, placement::local{}}};
  REQUIRE(c.allocate(pages{1}, pages{40}).has_value());
  CHECK(c.acting_alternative() == 2);
}

}  // namespace
}  // namespace quire::test
