// SPDX-License-Identifier: BSL-1.0
// Partitions on QNX: a minimum is the memory of an object that the system has set aside, and is used before any other.
#include <cerrno>
#include <tuple>

#include <quire/backing/imaged.hpp>
#include <quire/residency/locked.hpp>

#include "models/qnx/conformance.hpp"
#include "unit/partitions/drawing.hpp"
#include "unit/partitions/failing_partition.hpp"

namespace quire::test {
namespace {

namespace q = qnx_model;
constexpr std::size_t page = 65536;
using store = backing::qnx_mmap<>;
using partition = memory_partition<store>;
using memory = with_partition<qnx_allocator>;

static_assert(object_store<store> && !object_store<backing::qnx_mmap<before_sdp_8<>>>);
static_assert(!object_store<backing::qnx_contiguous_mmap<>> && !object_store<backing::qnx_lazy_mmap<>>);
static_assert(!object_store<backing::qnx_typed_memory<>>);

template <class A, std::size_t Minimum>
struct drawing_on_qnx : drawing<A, Minimum> {
  static constexpr int release = 800;
  static constexpr std::size_t memory = 24_GiB - Minimum - 64_KiB;
  static constexpr bool falls_back = false;
};

using configs = std::tuple<drawing_on_qnx<qnx_allocator, 0>, drawing_on_qnx<qnx_allocator, 4 * page>,
                           drawing_on_qnx<qnx_allocator::with_residency<residency::locked>, 64 * page>,
                           drawing_on_qnx<lazy_qnx_allocator, 0>>;

/// QNX calls; one of them fails. munmap never fails here, as that would leave addresses mapped that no memory owns.
struct fragile : calls::qnx, one_failure {
  static int new_memory_object() noexcept { return fails() ? -with : qnx::new_memory_object(); }
  static int fill_memory_object(int object, std::size_t n) noexcept {
    return fails() ? with : qnx::fill_memory_object(object, n);
  }
  static calls::mapping mmap_object(void* p, std::size_t n, int how, int flags, int object, std::size_t at) noexcept {
    return fails() ? calls::mapping{nullptr, with} : qnx::mmap_object(p, n, how, flags, object, at);
  }
  static calls::mapping mmap(void* p, std::size_t n, int how, int flags) noexcept {
    return fails() ? calls::mapping{nullptr, with} : qnx::mmap(p, n, how, flags);
  }
  static int mprotect(void* p, std::size_t n, int how) noexcept { return fails() ? with : qnx::mprotect(p, n, how); }
  static int mlock(const void* p, std::size_t n) noexcept { return fails() ? with : qnx::mlock(p, n); }
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("a QNX memory of a partition passes every conformance case with each page size",
                        "[conformance]", configs) {
  conform_on_each_page_size<TestType>();
}

TEST_CASE("a minimum on QNX is set aside, and usable if no other memory is left") {
  const std::size_t page_bytes = GENERATE(std::size_t{4096}, std::size_t{65536});
  q::boot({.page = page_bytes, .ram = 16 * page});
  partition p;
  REQUIRE(p.open({.name = "held", .maximum = 64 * page, .minimum = 8 * page}));
  CHECK(q::used().ram == 9 * page);  // including the table of its blocks
  {
    qnx_allocator others;
    REQUIRE((others.allocate(pages{7}) && q::used().ram == 16 * page));
    memory a{backing::partitioned{p}};
    REQUIRE((a.allocate(pages{3}, pages{32}) && all_zero(a.bytes())));
    fill(a.bytes(), 0x11);
    REQUIRE((a.grow(pages{5}) && all_zero(a.bytes().subspan(3 * page)) && q::used().ram == 16 * page));
    const auto beyond = a.grow(pages{1});
    CHECK((beyond.error().code == errc::out_of_memory && p.charged() == 8 * page && a.size() == 8 * page));
    CHECK(holds(a.bytes().first(3 * page), 0x11));
    REQUIRE((a.reset(pages{8}) && all_zero(a.bytes()) && q::used().ram == 16 * page));
    fill(a.bytes(), 0x22);
    REQUIRE(others.deallocate(others.data(), others.size()));
    REQUIRE((a.grow(pages{2}) && q::used().ram == 11 * page));
    REQUIRE((a.shrink(pages{6}) && q::used().ram == 9 * page && holds(a.bytes(), 0x22)));
    memory b{backing::partitioned{p}};
    REQUIRE((b.allocate(pages{4}) && all_zero(b.bytes()) && holds(a.bytes(), 0x22)));
    CHECK((p.close().error().code == errc::not_permitted && p.charged() == 8 * page));
  }
  REQUIRE(p.close());
  CHECK(q::used() == q::usage{});
}

TEST_CASE("if QNX lacks memory or an object for a minimum, the partition stays closed") {
  q::boot({.ram = 4 * page, .pools = {{"/memory/ram/video", 4 * page}}});
  partition p;
  const auto too_much = p.open({.maximum = 8 * page, .minimum = 4 * page});
  CHECK((too_much.error().code == errc::out_of_memory && too_much.error().at == step::populate));
  CHECK((p.maximum() == 0 && q::used() == q::usage{}));
  const auto pool = backing::qnx_typed_pool<>::open("video");
  REQUIRE(pool);
  memory_partition<backing::qnx_typed_memory<>> of_a_pool{backing::qnx_typed_memory<>{*pool}};
  CHECK(of_a_pool.open({.maximum = page, .minimum = page}).error().code == errc::not_supported);
  memory_partition<backing::qnx_lazy_mmap<>> lazy;
  CHECK(lazy.open({.maximum = page, .minimum = page}).error().code == errc::not_supported);
  CHECK(lazy.open({.maximum = page, .locked = true}).error().code == errc::not_supported);
}

TEST_CASE("without the ability to map at fixed addresses a minimum is unusable, and nothing leaks") {
  q::boot({.may_map_fixed = false});
  {
    partition p;
    REQUIRE(p.open({.maximum = 8 * page, .minimum = 2 * page}));
    memory a{backing::partitioned{p}};
    CHECK((a.allocate(pages{1}).error().code == errc::not_permitted && p.charged() == 0));
  }
  CHECK(q::used() == q::usage{});
}

TEST_CASE("each failing call of a partition on QNX leaves an allowed state", "[failures]") {
  using fragile_store = backing::qnx_mmap<fragile>;
  const std::size_t minimum = GENERATE(std::size_t{0}, 4 * page);
  const bool locked = GENERATE(false, true);
  q::boot({});
  with_each_call_failing({ENOMEM, EPERM, EINVAL, EAGAIN, ENXIO}, [=](int) {
    partition_survives_one_failure<with_partition<qnx_allocator::with_backing<fragile_store>>, fragile_store>(
        minimum, locked, [] { return q::used().objects == 0; });
  });
  CHECK(q::used() == q::usage{});
}

}  // namespace quire::test
