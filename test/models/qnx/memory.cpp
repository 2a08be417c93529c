// SPDX-License-Identifier: BSL-1.0
// Promises on QNX beyond the conformance cases: memory behind every commit, errors if none is left, abilities that a
// security policy removes, pools of typed memory, and the values that the system reports.
#include <quire/backing/imaged.hpp>
#include <quire/detect.hpp>
#include <quire/effective.hpp>
#include <quire/explain.hpp>
#include <quire/native.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "conformance/common.hpp"
#include "models/qnx/configs.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {

using qnx_model::boot;
using qnx_model::machine;
using qnx_model::used;
using locked_qnx_allocator = qnx_allocator::with_residency<residency::locked>;
using qnx_7_allocator = qnx_allocator::with_backing<backing::qnx_mmap<before_sdp_8<>>>;

static_assert(std::is_same_v<native_allocator, qnx_allocator>);
static_assert(qnx_allocator::contract.success_is_memory && qnx_allocator::contract.failure_is_error);
static_assert(!lazy_qnx_allocator::contract.success_is_memory && !lazy_qnx_allocator::contract.failure_is_error);
static_assert(!can_discard<qnx_allocator> && can_discard<lazy_qnx_allocator>);
static_assert(!huge_advising_store<backing::qnx_mmap<>> && !huge_pool_store<backing::qnx_mmap<>>);
static_assert(!numa_placing_store<backing::qnx_mmap<>> && !naming_store<backing::qnx_mmap<>>);
static_assert(!locking_store<backing::qnx_lazy_mmap<>>);  // lazy memory has no pages to lock
static_assert(sizeof(qnx_allocator) == 4 * sizeof(void*));

TEST_CASE("a memory on QNX takes exactly the memory that it commits") {
  boot({.page = 16_KiB, .ram = 1_MiB});
  qnx_allocator a;
  CHECK(a.allocate(pages{2}, pages{65536}).has_value());
  CHECK(used().ram == 128_KiB);
  CHECK(a.grow(pages{3}).has_value());
  CHECK(used().ram == 320_KiB);
  CHECK(a.shrink(pages{4}).has_value());
  CHECK(used().ram == 64_KiB);
  CHECK(a.deallocate(a.data(), a.size()).has_value());
  CHECK(used() == qnx_model::usage{});
}

TEST_CASE("if memory runs out on QNX, allocate and grow fail and change nothing") {
  for (const int release : {800, 710}) {
    const auto grow_too_far = [](auto a) {
      CHECK(a.allocate(pages{4}, pages{64}).has_value());
      fill(a.bytes(), 0x17);
      const std::size_t ram = used().ram;
      const auto got = a.grow(pages{13});  // mprotect takes all memory that is left, and then fails
      REQUIRE(!got);
      CHECK((got.error().code == errc::out_of_memory && got.error().at == step::commit));
      CHECK((a.size() == 256_KiB && holds(a.bytes(), 0x17) && used().ram == ram));
      CHECK(a.grow(pages{12}).has_value());
      CHECK(all_zero(a.bytes().subspan(256_KiB)));
    };
    boot({.release = release, .ram = 1_MiB});
    release == 800 ? grow_too_far(qnx_allocator{}) : grow_too_far(qnx_7_allocator{});
  }
  boot({.ram = 64_KiB});
  qnx_allocator none;
  const auto got = none.allocate(pages{2}, pages{4});
  CHECK((!got && got.error().code == errc::out_of_memory));
  CHECK(used() == qnx_model::usage{});
}

TEST_CASE("if a process limit is exhausted on QNX, explain names it") {
  boot({.ram = 8_MiB, .limit_data = 256_KiB, .limit_address_space = 16_MiB});
  qnx_allocator a;
  const auto too_wide = a.allocate(pages{1}, pages{1024});
  REQUIRE(!too_wide);
  CHECK(too_wide.error().code == errc::out_of_address_space);
  CHECK(explain(too_wide.error(), a, 64_MiB) == explanation{limit_kind::configured, "RLIMIT_AS", {}, 16_MiB});
  const auto too_much = a.allocate(pages{5}, pages{8});
  REQUIRE(!too_much);
  CHECK(too_much.error().code == errc::out_of_memory);
  CHECK(explain(too_much.error(), a, 320_KiB) == explanation{limit_kind::configured, "RLIMIT_DATA", {}, 256_KiB});
  const auto found = detect();
  CHECK((found && found->memory.page_bytes == std::uint64_t{4096}));
  CHECK((found && found->limits.data.limit == std::uint64_t{256_KiB}));
}

TEST_CASE("a process on QNX has room for at least sixty memories of eight gigabytes") {
  boot({});
  std::vector<wasm_qnx_allocator> all(70);
  std::size_t got = 0;
  while (got < all.size() && all[got].allocate(pages{1}, pages{1}).has_value()) ++got;
  CHECK((got >= 60 && got < 64));
}

TEST_CASE("without the ability to map at fixed addresses, shrink and reset are refused on QNX") {
  boot({.may_map_fixed = false});
  qnx_allocator a;
  CHECK(a.allocate(pages{2}, pages{8}).has_value());
  CHECK(a.grow(pages{2}).has_value());  // mprotect requires no ability
  const auto got = a.shrink(pages{1});
  REQUIRE(!got);
  CHECK((got.error().code == errc::not_permitted && a.size() == 256_KiB));
  // The memory stays usable.
  CHECK((a.reset(pages{1}).error().code == errc::not_permitted && a.grow(pages{1}).has_value()));
  CHECK(explain(got.error(), a).kind == limit_kind::permission);
  CHECK(a.deallocate(a.data(), a.size()).has_value());
  CHECK(used() == qnx_model::usage{});
}

TEST_CASE("locking needs an ability before SDP 8, and always holds from SDP 8 on") {
  using before = locked_qnx_allocator::with_backing<backing::qnx_mmap<before_sdp_8<>>>;
  boot({.may_lock = false});
  {
    locked_qnx_allocator a;
    REQUIRE(a.allocate(pages{2}, pages{4}).has_value());
    CHECK(effective(a).locked == true);
    CHECK(effective(a).resident_bytes == 128_KiB);
  }
  boot({.release = 710, .may_lock = false});
  before refused;
  const auto not_allowed = refused.allocate(pages{2}, pages{4});
  CHECK((!not_allowed && not_allowed.error() == error{errc::not_permitted, step::lock, EPERM}));
  boot({.release = 710, .limit_locked = 128_KiB});
  before a;
  REQUIRE(a.allocate(pages{1}, pages{4}).has_value());
  CHECK(used().locked == 64_KiB);
  CHECK(effective(a).locked == std::nullopt);  // the system cannot report it
  const auto too_much = a.grow(pages{2});
  CHECK((!too_much && too_much.error() == error{errc::out_of_memory, step::lock, ENOMEM}));
  CHECK((a.size() == 64_KiB && used().locked == 64_KiB));
}

TEST_CASE("effective on QNX is empty, as the system reports nothing") {
  boot({});
  qnx_allocator a;
  CHECK(effective(a) == effective_t{});
  REQUIRE(a.allocate(pages{0}, pages{4}).has_value());
  CHECK(effective(a).resident_bytes == std::nullopt);  // the system has no call for it
  lazy_qnx_allocator lazy;
  REQUIRE(lazy.allocate(pages{1}, pages{4}).has_value());
  CHECK(effective(lazy) == effective_t{});
  CHECK(used().ram == 0);
}

TEST_CASE("contiguous memory on QNX is one physical run for each commit") {
  boot({.ram = 1_MiB, .may_map_physical = true});
  contiguous_qnx_allocator a;
  REQUIRE(a.allocate(pages{4}, pages{32}).has_value());
  const auto all = a.backing().find_physical({a.data(), a.size()});
  CHECK((all.bytes == 256_KiB && all.address != 0));
  const auto part = a.backing().find_physical({a.data() + 4096, 64_KiB});
  CHECK(part == backing::physical_run{all.address + 4096, 64_KiB});
  CHECK(a.backing().find_physical({a.data() + a.size(), 64_KiB}) == backing::physical_run{});
  const auto got = a.grow(pages{13});
  CHECK((!got && got.error().code == errc::out_of_memory && a.size() == 256_KiB));
  qnx_allocator scattered;
  REQUIRE(scattered.allocate(pages{2}, pages{2}).has_value());
  CHECK(scattered.backing().find_physical({scattered.data(), 64_KiB}).bytes == 4_KiB);
  CHECK(a.deallocate(a.data(), a.size()).has_value());
  CHECK(scattered.deallocate(scattered.data(), scattered.size()).has_value());
  boot({.may_map_physical = false});
  const auto refused = a.allocate(pages{1}, pages{1});
  CHECK((!refused && refused.error().code == errc::not_permitted && used() == qnx_model::usage{}));
}

TEST_CASE("a typed memory pool serves memories up to its size, and takes memory back") {
  using pool = backing::qnx_typed_pool<>;
  using store = backing::qnx_typed_memory<>;
  boot({.pools = {{"/memory/video", 1_MiB}, {"/memory/ram/below4G", 2_MiB}}});
  {
    CHECK(pool::open("none").error() == error{errc::invalid_argument, step::plan, ENOENT});
    CHECK(!pool::open("ideo"));  // "ideo" is not a whole path component
    auto opened = pool::open("/memory/video");
    REQUIRE(opened);
    pool video = std::move(*opened);
    CHECK(video.room() == 1_MiB);
    typed_qnx_allocator a{store{video}}, b{store{video}};
    REQUIRE(a.allocate(pages{8}, pages{65536}).has_value());
    CHECK((all_zero(a.bytes()) && used().ram == 0 && video.room() == 512_KiB));
    const auto got = b.allocate(pages{9}, pages{16});
    REQUIRE(!got);
    CHECK(got.error().code == errc::out_of_memory);
    CHECK(explain(got.error(), b, 576_KiB) ==
          explanation{limit_kind::configured, "what is left of the pool of typed memory", 0, 512_KiB});
    CHECK(a.shrink(pages{4}).has_value());
    CHECK(b.allocate(pages{9}, pages{16}).has_value());
    CHECK((all_zero(b.bytes()) && video.room() == 192_KiB));
    CHECK(a.grow(pages{4}).error().code == errc::out_of_memory);
    CHECK((a.size() == 256_KiB && a.grow(pages{3}).has_value()));
  }
  CHECK((used() == qnx_model::usage{} && qnx_model::room_in("/memory/video") == 1_MiB));
  boot({.pools = {{"/memory/video", 1_MiB}}, .may_map_physical = false});
  CHECK(pool::open("video").error().code == errc::not_permitted);
}

TEST_CASE("a contiguous pool can have room left and yet no run of the size") {
  using store = backing::qnx_typed_memory<>;
  boot({.pools = {{"/memory/video", 512_KiB}}});
  const auto pool = store::pool::open("video", backing::typed_run::contiguous);
  REQUIRE(pool);
  typed_qnx_allocator a{store{*pool}}, b{store{*pool}}, c{store{*pool}};
  REQUIRE((a.allocate(pages{2}, pages{8}) && b.allocate(pages{4}, pages{8})));
  CHECK(b.backing().find_physical({b.data(), b.size()}).bytes == 256_KiB);
  CHECK(a.deallocate(a.data(), a.size()).has_value());
  CHECK(pool->room() == 256_KiB);
  CHECK(c.allocate(pages{3}, pages{8}).error().code == errc::out_of_memory);
  CHECK(c.allocate(pages{2}, pages{8}).has_value());
}

TEST_CASE("native codes on QNX are read as QNX's numbers") {
  using store = backing::qnx_mmap<>;
  CHECK(store::code_of(step::reserve, 12) == errc::out_of_address_space);
  for (const step at : {step::commit, step::protect, step::decommit, step::release})
    CHECK(store::code_of(at, 12) == errc::out_of_memory);
  CHECK(store::code_of(step::commit, 11) == errc::out_of_memory);
  CHECK((store::code_of(step::commit, 1) == errc::not_permitted &&
         store::code_of(step::commit, 13) == errc::not_permitted));
  CHECK((store::code_of(step::commit, 89) == errc::not_supported &&
         store::code_of(step::commit, 48) == errc::not_supported));
  // The numbers of Linux have no meaning here.
  CHECK((store::code_of(step::commit, 38) == errc::system && store::code_of(step::commit, 95) == errc::system));
}

TEST_CASE("a memory on QNX copies its image, and effective reports it") {
  boot({});
  using store = backing::imaged<backing::qnx_mmap<>>;
  using memory = qnx_allocator::with_backing<store>;
  std::vector<std::byte> contents(100'000, std::byte{0x6d});
  {
    auto start = memory::image::from(contents);
    REQUIRE(start);
    memory a;
    REQUIRE(a.allocate_from(*start, 0, pages{2}, pages{4}).has_value());
    CHECK((holds(a.bytes().first(100'000), 0x6d) && all_zero(a.bytes().subspan(100'000))));
    CHECK(effective(a).image == image_mode::copied);
    fill(a.bytes(), 0x11);
    CHECK(a.reset(pages{2}).has_value());
    CHECK((holds(a.bytes().first(100'000), 0x6d) && all_zero(a.bytes().subspan(100'000))));
  }
  CHECK(used() == qnx_model::usage{});
  boot({.release = 710});
  {
    using touching = with_images<qnx_7_allocator>::with_residency<residency::populated>;
    const auto start = touching::image::from(contents);
    REQUIRE(start);
    touching a;
    REQUIRE(a.allocate_from(*start, 0, pages{2}));
    CHECK(holds(a.bytes().first(100'000), 0x6d));
  }
}

}  // namespace quire::test
