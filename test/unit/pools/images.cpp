// SPDX-License-Identifier: BSL-1.0
// Memories of a pool that start from images.
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/populated.hpp>

#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/conformance.hpp"
#include "support/fakes/older_kernel.hpp"
#include "support/fakes/permissive_fake_kernel.hpp"
#include "support/fakes/recording_calls.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/images/contents.hpp"
#include "unit/pools/pooled_from_image.hpp"

namespace quire::test {
namespace {

namespace r = recycling;
using starting = with_images<linux_allocator>;
using small_guards = starting::with_protection<protection::guarded<4096, 4096>>;
using markers = bounds::guard_markers;
using on_an_older_kernel = linux_allocator::with_backing<backing::linux_mmap<older_kernel>>;

TEMPLATE_TEST_CASE("a memory of a pool that starts from an image passes the conformance cases", "[pool][conformance]",
                   (pooled_from_image<linux_allocator, r::zero_dirty>),
                   (pooled_from_image<linux_allocator, r::decommit>),
                   (pooled_from_image<on_an_older_kernel, r::zero_dirty>),
                   (pooled_from_image<linux_allocator, r::zero_all, markers>),
                   (pooled_from_image<linux_allocator::with_residency<residency::populated>, r::adaptive>),
                   (pooled_from_image<posix_allocator, r::zero_high_water>)) {
  const typename TestType::world zeros;
  conform<TestType>();
  CHECK(TestType::slots().close());
}

TEST_CASE("images that are copied count for what the slots of a pool may keep together", "[pool]") {
  using slots = pool<starting, r::zero_all>;
  slots p;
  REQUIRE(p.open({.slots = 3, .maximum = pages{1}, .keep_resident_in_all = 65536}));
  const std::vector<std::byte> contents(65536, std::byte{5});  // all of a memory, and copied
  const auto image = slots::memory::image::from(contents);
  REQUIRE(image);
  {
    auto one = p.acquire_from(*image, 0, pages{1}), two = p.acquire_from(*image, 0, pages{1});
    auto three = p.acquire_from(*image, 0, pages{1});
    REQUIRE((one && two && three));
    CHECK(one->image_mode() == image_mode::copied);
  }
  CHECK(p.statistics().resident <= 65536);
}

/// Whether an image beyond 64 KiB is mapped.
template <class Pool>
inline constexpr bool maps = false;
template <class R>
inline constexpr bool maps<pool<starting, R>> = true;

template <class Pool>
Pool opened(std::uint32_t slots = 1) {
  Pool p;
  REQUIRE(p.open({.slots = slots, .maximum = pages{16}}));
  return p;
}

TEMPLATE_TEST_CASE("each user of a slot finds the image that it starts from, and nothing of another", "[pool][images]",
                   (pool<starting, r::decommit>), (pool<starting, r::zero_all>), (pool<starting, r::zero_dirty>),
                   (pool<starting, r::adaptive>), (pool<starting, r::verified<r::zero_high_water>>),
                   (pool<small_guards, r::zero_dirty, markers>),
                   (pool<with_images<posix_allocator>, r::zero_high_water>)) {
  using memory = typename TestType::memory;
  static_assert(page_allocator_like<memory>);
  auto p = opened<TestType>();
  const auto one = pattern(100'000), other = pattern(3 * chunk);
  const auto first = image_of<memory>(one), second = image_of<memory>(other);
  const auto use = [&](auto& got, const std::vector<std::byte>& contents, std::size_t offset) {
    REQUIRE(got);
    CHECK(holds_image(got->bytes(), contents, offset));
    fill(got->bytes(), 0xab);
  };
  for (int round = 0; round < 3; ++round) {
    for (int again = 0; again < 2; ++again) {
      auto m = p.acquire_from(first, 0, pages{4});
      use(m, one, 0);
      REQUIRE(m->reset(pages{5}));
      CHECK(holds_image(m->bytes(), one, 0));
      CHECK(m->image_mode() == (maps<TestType> ? image_mode::mapped : image_mode::copied));
    }
    {
      auto elsewhere = p.acquire_from(first, chunk, pages{4});
      use(elsewhere, one, chunk);
      CHECK(p.acquire(pages{0}).error().code == errc::limit_exceeded);  // there is one slot
    }
    {
      auto plain = p.acquire(pages{4});
      use(plain, {}, 0);
      CHECK(plain->image_mode() == image_mode::none);
    }
    auto m = p.acquire_from(second, 4096, pages{6});
    use(m, other, 4096);
  }
}

TEST_CASE("pages that shrink and discard took stay zero until a reset restores the image", "[pool][images]") {
  auto p = opened<pool<starting, r::zero_dirty>>();
  using memory = decltype(p)::memory;
  const auto contents = pattern(4 * chunk);
  const auto image = image_of<memory>(contents);
  for (int round = 0; round < 2; ++round) {
    auto m = p.acquire_from(image, 0, pages{4});
    REQUIRE(m);
    CHECK(holds_image(m->bytes(), contents, 0));
    REQUIRE(m->discard(chunk, chunk));
    CHECK(all_zero(m->bytes().subspan(chunk, chunk)));
    REQUIRE(m->shrink(pages{1}));
    REQUIRE(m->grow(pages{2}));
    CHECK(all_zero(m->bytes().subspan(3 * chunk)));
    if (round == 1) continue;  // the next user must find the image all the same
    REQUIRE(m->reset(pages{2}));
    CHECK(std::ranges::equal(m->bytes(), std::span(contents).first(2 * chunk)));
    REQUIRE(m->grow(pages{2}));
    CHECK(all_zero(m->bytes().subspan(2 * chunk)));
    REQUIRE(m->shrink(pages{4}));
    REQUIRE(m->reset(pages{5}));
    CHECK(holds_image(m->bytes(), contents, 0));
  }
  auto last = p.acquire_from(image, 0, pages{4});
  CHECK(holds_image(last->bytes(), contents, 0));
}

TEST_CASE("pages of a mapped image that no user has written stay the image's", "[pool][images]") {
  auto p = opened<pool<starting, r::zero_dirty>>();
  using memory = decltype(p)::memory;
  const auto contents = pattern(12 * chunk);
  const auto image = image_of<memory>(contents);
  for (int round = 0; round < 3; ++round) {
    auto m = p.acquire_from(image, 0, pages{12});
    REQUIRE(m);
    CHECK(holds_image(m->bytes(), contents, 0));
    m->data()[5 * chunk] = std::byte{0xab};
  }
  const pool_statistics seen = p.statistics();
  if (seen.given_back != 0) return skip("this kernel does not tell which pages were written");
  CHECK(seen.resident == calls::linux_kernel::page_bytes());
}

TEST_CASE("a new image is never taken for one that is gone", "[pool][images]") {
  auto p = opened<pool<starting, r::zero_all>>();
  using memory = decltype(p)::memory;
  for (int i = 1; i < 20; ++i) {
    const std::vector<std::byte> contents(chunk, static_cast<std::byte>(i));
    const auto image = image_of<memory>(contents);  // at the address of the last one, as likely as not
    auto m = p.acquire_from(image, 0, pages{2});
    REQUIRE(m);
    CHECK(holds_image(m->bytes(), contents, 0));
  }
}

TEMPLATE_TEST_CASE("a slot that waits is cleaned without the image of its last user, which may be gone",
                   "[pool][images]", (pool<starting, r::deferred<r::zero_high_water>>),
                   (pool<starting, r::deferred<r::zero_dirty>>), (pool<starting, r::batched_decommit<4>>)) {
  auto p = opened<TestType>();
  using memory = typename TestType::memory;
  for (int round = 0; round < 3; ++round) {
    const auto contents = pattern(2 * chunk);
    {
      const auto image = image_of<memory>(contents);
      auto m = p.acquire_from(image, 0, pages{3});
      REQUIRE(m);
      CHECK(holds_image(m->bytes(), contents, 0));
      m->data()[0] = std::byte{0xab};
      m->set_high_water_mark(1);
    }
    CHECK(all_zero(p.acquire(pages{3})->bytes()));
    REQUIRE(p.clean_step() == 1);
  }
}

/// A kernel that refuses advice and mappings, after it has granted some.
struct refusing_kernel : permissive_fake_kernel {
  static constexpr int all = 1 << 20;
  static inline int granted = all;
  static int madvise(void* p, std::size_t bytes, int what) noexcept {
    return granted == all || granted-- > 0 ? permissive_fake_kernel::madvise(p, bytes, what) : forbidden;
  }
  template <class... More>
  static calls::mapping mmap(More... arguments) noexcept {
    if (granted == all || granted-- > 0) return permissive_fake_kernel::mmap(arguments...);
    return {nullptr, no_memory};
  }
};
using refused_memory = with_images<linux_allocator::with_backing<backing::linux_mmap<refusing_kernel>>>;

TEMPLATE_TEST_CASE("a refused shrink or reset leaves a memory from an image as it was, or broken", "[pool][images]",
                   (pool<refused_memory, r::decommit>), (pool<refused_memory, r::zero_dirty>),
                   (pool<refused_memory::with_residency<residency::excluded_from_dumps>, r::decommit>)) {
  using memory = typename TestType::memory;
  const auto contents = pattern(4 * chunk);
  const auto refuse = [&](bool discards, bool resets, int granted) {
    const auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
    TestType p;
    check(p.open({.slots = 1, .maximum = pages{16}}).has_value(), "the pool opens");
    const auto image = std::move(*memory::image::from(contents));
    auto m = p.acquire_from(image, 0, pages{4});
    check(m.has_value(), "a memory starts");
    m->data()[5] = std::byte{0xab};
    if (discards) check(m->discard(chunk, chunk).has_value(), "a part is discarded");
    const std::vector<std::byte> before(m->bytes().begin(), m->bytes().end());
    refusing_kernel::granted = granted;
    const bool done = resets ? m->reset(pages{2}).has_value() : m->shrink(pages{3}).has_value();
    refusing_kernel::granted = refusing_kernel::all;
    const bool is_broken = m->size() == 0;
    if (done || is_broken) return;
    check(m->protect(0, 4 * chunk, access::read_write).has_value(), "access comes back");
    check(std::ranges::equal(m->bytes().first(4 * chunk), before), "contents are as before");
  };
  for (const bool discards : {false, true})
    for (const bool resets : {false, true})
      for (int granted = 0; granted != 8; ++granted)
        test_environment::run_isolated("refused", [&] { refuse(discards, resets, granted); });
}

TEMPLATE_TEST_CASE("an image comes back where a user wrote zeros, and where the allocator itself did", "[pool][images]",
                   (pool<starting, r::adaptive>), (pool<starting, r::zero_high_water>), (pool<starting, r::zero_dirty>),
                   (pool<small_guards, r::adaptive, markers>)) {
  using units = with_images<linux_allocator::with_page_size<page_size::in_units_of<512>>>;
  pool<units, r::zero_high_water> in_units;
  REQUIRE(in_units.open({.slots = 1, .maximum = basic_pages<512>{8192}}));
  auto p = opened<TestType>();
  using memory = typename TestType::memory;
  for (const std::size_t bytes : {std::size_t{20'000}, std::size_t{200'000}}) {  // copied, and mapped
    const auto contents = pattern(bytes);
    const auto image = image_of<memory>(contents);
    for (int round = 0; round < 3; ++round) {
      auto m = p.acquire_from(image, 0, pages{8});
      REQUIRE(m);
      CHECK(holds_image(m->bytes(), contents, 0));
      fill(m->bytes().first(8192), 0);
      if (round == 1) REQUIRE(m->reset(pages{8}));
      if (round == 1) CHECK(holds_image(m->bytes(), contents, 0));
    }
    const auto other = image_of<typename decltype(in_units)::memory>(contents);
    for (int round = 0; round < 3; ++round) {
      auto m = in_units.acquire_from(other, 0, basic_pages<512>{4096});
      REQUIRE(m);
      CHECK(holds_image(m->bytes(), contents, 0));
      REQUIRE(m->shrink(basic_pages<512>{4096 - 9}));
      REQUIRE(m->grow(basic_pages<512>{1}));
      m->set_high_water_mark(0);  // the user has written nothing
      if (round == 1) REQUIRE(m->reset(basic_pages<512>{4096}));
      if (round == 1) CHECK(holds_image(m->bytes(), contents, 0));
    }
  }
}

TEST_CASE("pages of an image are configured as the others however they were mapped", "[pool][images]") {
  auto p = opened<pool<starting::with_residency<residency::excluded_from_dumps>, r::zero_dirty>>();
  using memory = decltype(p)::memory;
  const auto image = image_of<memory>(pattern(6 * chunk));
  auto m = p.acquire_from(image, 0, pages{8});
  REQUIRE(m);
  CHECK(m->image_mode() == image_mode::mapped);
  const auto check_all = [&](const char* after) {
    INFO(after);
    for (const auto& each : mappings_in(m->data(), m->capacity())) CHECK(each.has_flag("dd"));
  };
  check_all("it started");
  REQUIRE(m->discard(chunk, 2 * chunk));
  check_all("a part was discarded");
  REQUIRE(m->reset(pages{8}));
  check_all("it was reset");
  REQUIRE(m->shrink(pages{5}));
  check_all("it shrank into the image");
  REQUIRE(m->reset(pages{8}));
  check_all("it was reset once more");
  CHECK(holds_image(m->bytes(), pattern(6 * chunk), 0));
}

TEST_CASE("copies of an image are booked, and trimmed", "[pool][images]") {
  pool<starting, r::zero_high_water> p;
  using memory = decltype(p)::memory;
  REQUIRE(p.open({.slots = 2, .maximum = pages{4}}));
  const auto image = image_of<memory>(pattern(chunk));
  {
    auto m = p.acquire_from(image, 0, pages{2});
    REQUIRE(m);
    m->set_high_water_mark(0);
  }
  CHECK(p.statistics().resident == chunk);
  CHECK(p.trim() == chunk);
  CHECK(p.statistics().resident == 0);
  CHECK(holds_image(p.acquire_from(image, 0, pages{2})->bytes(), pattern(chunk), 0));
}

/// Each takes a page: 400 MiB.
bool has_room_for_a_hundred_thousand() {
  constexpr long long enough = 4LL << 30;
  return !address_sanitizer && !thread_sanitizer && 1LL * ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE) >= enough;
}

TEST_CASE("a hundred thousand slots start from one image without a mapping or a descriptor each", "[pool][images]") {
  test_environment::run_isolated("many", [] {
    const auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
    pool<small_guards, r::zero_high_water, markers> p;
    using memory = decltype(p)::memory;
    const bool has_markers = no_guard_markers() == nullptr;  // else each slot takes two mappings
    const std::uint32_t many = !has_markers ? 1'000 : has_room_for_a_hundred_thousand() ? 100'000 : 10'000;
    check(p.open({.slots = many, .maximum = pages{1}}).has_value(), "the pool opens");
    const auto contents = pattern(3000);
    const auto image = std::move(*memory::image::from(contents));
    std::vector<memory> all;
    for (std::uint32_t i = 0; i != many; ++i) {
      auto m = p.acquire_from(image, 0, pages{1});
      check(m.has_value() && std::ranges::equal(contents, m->bytes().first(3000)), "a memory starts");
      all.push_back(std::move(*m));
    }
    std::byte *first = all[0].data(), *last = first;
    for (const memory& m : all) {
      first = std::min(first, m.data());
      last = std::max(last, m.data());
    }
    const auto apart = static_cast<std::size_t>(last - first);
    if (has_markers) check(mappings_in(first, apart).size() < 100, "they lie in few mappings");
  });
}

TEST_CASE("several pools start memories from one image, which may come from a live memory", "[pool][images]") {
  auto first = opened<pool<starting, r::zero_all>>(2), second = opened<pool<starting, r::zero_all>>(2);
  using memory = decltype(first)::memory;
  auto live = first.acquire(pages{1});
  fill(live->bytes(), 0x77);
  const auto snapshot = memory::image::from(live->bytes());
  REQUIRE(snapshot);
  fill(live->bytes(), 0);
  for (auto* p : {&first, &second}) {
    const auto m = p->acquire_from(*snapshot, 0, pages{1});
    REQUIRE(m);
    CHECK(std::ranges::all_of(m->bytes(), [](std::byte b) { return b == std::byte{0x77}; }));
  }
}

TEST_CASE("an image that does not fit is refused, and takes no slot", "[pool][images]") {
  auto p = opened<pool<starting, r::zero_all>>();
  using memory = decltype(p)::memory;
  auto image = image_of<memory>(pattern(chunk));
  const auto code = [&](std::size_t offset, std::size_t initial) {
    return p.acquire_from(image, offset, pages{initial}).error().code;
  };
  CHECK(code(1, 4) == errc::invalid_argument);
  CHECK(code(4096, 1) == errc::invalid_argument);
  CHECK(code(0, 0) == errc::invalid_argument);
  CHECK(code(0, 17) == errc::limit_exceeded);
  const auto taken = std::move(image);
  CHECK(code(0, 4) == errc::invalid_argument);
  CHECK(memory::image::from({}).error().code == errc::invalid_argument);
  CHECK(p.acquire_from(taken, 0, pages{1}).has_value());
  CHECK(p.statistics().refused == 0);
}

using recorded = recording_calls<permissive_fake_kernel>;
using recorded_starting = with_images<linux_allocator::with_backing<backing::linux_mmap<recorded>>>;

TEST_CASE("a user of a slot that shows its image makes no call to start and to return it", "[pool][images][calls]") {
  auto p = opened<pool<recorded_starting, r::zero_high_water>>(4);
  using memory = decltype(p)::memory;
  const auto contents = pattern(chunk + 5000);
  const auto image = image_of<memory>(contents);
  (void)p.acquire_from(image, 4096, pages{2});
  recorded::watcher::take();
  for (int round = 0; round < 3; ++round) {
    auto m = p.acquire_from(image, 4096, pages{2});
    REQUIRE(m);
    CHECK(holds_image(m->bytes(), contents, 4096));
    fill(m->bytes(), 1);
    if (round == 1) REQUIRE(m->reset(pages{2}));
  }
  CHECK(recorded::watcher::take().empty());
}

}  // namespace
}  // namespace quire::test
