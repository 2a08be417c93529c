// SPDX-License-Identifier: BSL-1.0
// The effect of discard on a memory that maps an image: memory is given back, no page is brought in, access stays.
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <unistd.h>

#include <quire/all_of.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/effective.hpp>
#include <quire/fallback.hpp>
#include <quire/memory_partition.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>

#include "support/catch/test_environment.hpp"
#include "support/fakes/fake_pool.hpp"
#include "support/fakes/recording_calls.hpp"
#include "support/process/limited_group.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/images/contents.hpp"

namespace quire::test {
namespace {

using mapping = with_images<linux_allocator>;
template <class Calls>
using over = with_images<linux_allocator::with_backing<backing::linux_mmap<Calls>>>;

std::string permissions_of(const std::byte* p) { return mapping_at(p).permissions; }

void expect(bool holds, const char* what, const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
}

TEST_CASE("discard of an image brings no untouched page in and gives written pages back", "[images][discard]") {
  const auto contents = pattern(16_MiB);
  const auto image = image_of<mapping>(contents);
  mapping a;
  REQUIRE(a.allocate_from(image, 0, pages{257}, pages{300}));
  REQUIRE(a.image_mode() == image_mode::mapped);
  fill(a.bytes().first(4_MiB), 0x77);
  REQUIRE(a.discard(0, 16_MiB));
  CHECK(resident_bytes(a.data(), 16_MiB) == 0);
  CHECK(all_zero(a.bytes()));
  REQUIRE(a.reset(pages{257}));
  CHECK(holds_image(a.bytes(), contents, 0));
}

TEST_CASE("discard within an image keeps the access of each page", "[images][discard]") {
  const auto contents = pattern(4 * chunk);
  const auto image = image_of<mapping>(contents);
  mapping a, plain;
  REQUIRE(a.allocate_from(image, chunk, pages{6}, pages{8}));
  REQUIRE(plain.allocate(pages{6}, pages{8}));
  const std::size_t page = a.granularity();
  std::byte* const p = a.data();
  for (mapping* const each : {&a, &plain}) {  // a memory without an image does the same
    REQUIRE(each->protect(chunk, page, access::read));
    REQUIRE(each->protect(2 * chunk, 2 * page, access::none));
    REQUIRE(each->protect(5 * chunk - page, 2 * page, access::read));
    REQUIRE(each->discard(chunk, chunk));
    REQUIRE(each->discard(2 * chunk, 4 * chunk));
    std::byte* const q = each->data();
    CHECK((permissions_of(q) == "rw-p" && permissions_of(q + chunk) == "r--p"));
    CHECK((permissions_of(q + chunk + page) == "rw-p" && permissions_of(q + 2 * chunk + page) == "---p"));
    CHECK((permissions_of(q + 5 * chunk - page) == "r--p" && permissions_of(q + 5 * chunk) == "r--p"));
    CHECK(permissions_of(q + 5 * chunk + page) == "rw-p");
    REQUIRE(each->protect(0, 6 * chunk, access::read_write));
    CHECK(all_zero(each->bytes()));
  }
  REQUIRE(a.reset(pages{6}));
  CHECK(holds_image(a.bytes(), contents, chunk));
  CHECK((permissions_of(p + chunk) == "rw-p" && permissions_of(p + 5 * chunk) == "rw-p"));
}

TEST_CASE("an image with discarded parts survives changes of access and size until a reset", "[images][discard]") {
  const auto contents = pattern(4 * chunk);
  const auto image = image_of<mapping>(contents);
  mapping a;
  REQUIRE(a.allocate_from(image, 0, pages{4}, pages{8}));
  REQUIRE(a.protect(0, 2 * chunk, access::none));
  REQUIRE(a.protect(0, 2 * chunk, access::read_write));
  CHECK(std::ranges::equal(a.bytes(), contents));
  REQUIRE(a.discard(chunk, chunk));
  REQUIRE(a.discard(chunk, 2 * chunk));  // overlaps the part discarded before
  CHECK(std::ranges::equal(a.bytes().first(chunk), std::span(contents).first(chunk)));
  CHECK(all_zero(a.bytes().subspan(chunk, 2 * chunk)));
  CHECK(std::ranges::equal(a.bytes().last(chunk), std::span(contents).last(chunk)));

  REQUIRE(a.shrink(pages{2}));  // into the discarded part
  REQUIRE(a.grow(pages{3}));
  CHECK(std::ranges::equal(a.bytes().first(chunk), std::span(contents).first(chunk)));
  CHECK(all_zero(a.bytes().subspan(chunk)));
  REQUIRE(a.reset(pages{3}));
  CHECK(std::ranges::equal(a.bytes(), std::span(contents).first(3 * chunk)));
  REQUIRE(a.discard(0, 3 * chunk));
  REQUIRE(a.reset(pages{0}));
  REQUIRE(a.reset(pages{4}));
  CHECK(std::ranges::equal(a.bytes(), contents));
  REQUIRE(a.deallocate(a.data(), a.size()));
  REQUIRE(a.allocate_from(image, 0, pages{4}));
  CHECK(std::ranges::equal(a.bytes(), contents));
}

TEST_CASE("discard of an image applies every request again to the pages that it maps", "[images][discard]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  if (const char* const reason = no_locking()) return skip(reason);
  namespace r = residency;
  using memory = mapping::with_residency<all_of<r::locked, r::excluded_from_dumps, r::not_inherited>>;
  const auto contents = pattern(4 * chunk);
  const auto image = image_of<memory>(contents);
  memory a;
  REQUIRE(a.allocate_from(image, 0, pages{4}, pages{6}));
  const std::size_t page = a.granularity();
  REQUIRE(a.protect(page, page, access::none));
  REQUIRE(a.discard(0, 2 * chunk));
  for (const auto& each : mappings_in(a.data(), 4 * chunk)) {
    INFO("at " << each.begin - reinterpret_cast<std::uintptr_t>(a.data()));
    CHECK((each.has_flag("lo") && each.has_flag("dd") && each.has_flag("dc")));
  }
  CHECK(resident_bytes(a.data(), 2 * chunk) == 0);
}

/// A kernel before 5.14, without the advice that discard of an image once needed.
struct before_5_14 : calls::linux_kernel {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    return advice == advice_populate_write || advice == advice_populate_read ? invalid
                                                                             : linux_kernel::madvise(p, bytes, advice);
  }
};

TEST_CASE("discard of an image works without the populate advice of Linux 5.14", "[images][discard]") {
  using memory = over<before_5_14>;
  const auto contents = pattern(2 * chunk);
  const auto image = image_of<memory>(contents);
  memory a;
  REQUIRE(a.allocate_from(image, 0, pages{4}, pages{8}));
  REQUIRE(a.discard(0, chunk));
  CHECK((all_zero(a.bytes().first(chunk)) && a.data()[chunk] == contents[chunk]));
  REQUIRE(a.reset(pages{4}));
  CHECK(holds_image(a.bytes(), contents, 0));
}

/// A container without /proc.
struct hidden_mappings : calls::linux_kernel {
  static int open_to_read(const char* path) noexcept {
    return std::strcmp(path, "/proc/self/maps") == 0 ? -ENOENT : linux_kernel::open_to_read(path);
  }
};

TEST_CASE("discard of an image is refused and changes nothing where access cannot be read", "[images][discard]") {
  using memory = over<hidden_mappings>;
  const auto contents = pattern(4 * chunk);
  const auto image = image_of<memory>(contents);
  memory a;
  REQUIRE(a.allocate_from(image, 0, pages{4}, pages{8}));
  REQUIRE(a.protect(chunk, chunk, access::read));
  const auto got = a.discard(0, 4 * chunk);
  CHECK((!got && got.error() == error{errc::not_supported, step::discard, ENOTSUP}));
  CHECK(std::ranges::equal(a.bytes(), contents));
  REQUIRE(a.discard(2 * chunk, 2 * chunk));  // their access is known
  CHECK(all_zero(a.bytes().last(2 * chunk)));
  REQUIRE(a.reset(pages{4}));
  REQUIRE(a.discard(0, 4 * chunk));
}

TEST_CASE("discard of an image makes one call for each run of pages with the same access", "[images][discard]") {
  using recorded = recording_calls<calls::linux_kernel, struct discards_of_images>;
  using memory = over<recorded>;
  using journal = recorder<struct discards_of_images>;
  const auto contents = pattern(8 * chunk);
  const auto image = image_of<memory>(contents);
  memory a;
  REQUIRE(a.allocate_from(image, 0, pages{8}, pages{8}));
  const auto made = [&] {
    std::string names;
    for (const made_call& c : journal::take()) (names += name(c.what)) += ' ';
    return names;
  };
  (void)made();
  REQUIRE(a.discard(0, 8 * chunk));
  CHECK(made() == "mmap ");
  REQUIRE(a.protect(0, 2 * chunk, access::read));
  (void)made();
  REQUIRE(a.discard(2 * chunk, 6 * chunk));
  CHECK(made() == "mmap ");
  REQUIRE(a.discard(0, 8 * chunk));
  CHECK(made() == "mmap mmap ");
}

/// Runs f in a control group of 4 MiB with its OOM killer off, where a page beyond the limit would stop the process for
/// good.
template <class F>
void in_a_small_group(const char* name, F f) {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer takes memory of its own");
  if (const char* const reason = no_populating()) return skip(reason);
  const limited_group group(4_MiB, killer::off);
  if (group.missing() != nullptr) return skip(group.missing());
  test_environment::run_isolated(name, [&] {
    ::alarm(60);  // so that no machine hangs on it
    expect(group.enter(), "a process can be put into its group");
    f();
  });
}

TEST_CASE("discard of an image larger than the memory left succeeds", "[images][discard][group]") {
  const auto contents = pattern(8_MiB);
  const auto image = image_of<mapping>(contents);
  in_a_small_group("discarding", [&] {
    mapping a;
    expect(a.allocate_from(image, 0, pages{128}).has_value(), "an image is mapped without memory");
    expect(a.discard(0, 8_MiB).has_value(), "and discarded");
    expect(a.data()[0] == std::byte{} && a.data()[8_MiB - 1] == std::byte{}, "it is zero then");
    expect(a.reset(pages{128}).has_value() && a.data()[5] == contents[5], "and comes back");
  });
}

TEST_CASE("copying an image fails with out_of_memory where the group is full", "[images][group]") {
  using memory = with_images<with_partition<linux_allocator>>;
  const auto contents = pattern(8_MiB);
  const auto image = image_of<memory>(contents);
  in_a_small_group("copying", [&] {
    memory_partition<linux_allocator::backing_type> all;
    expect(all.open({.name = "all", .maximum = 64_MiB}).has_value(), "there is a partition");
    {
      memory a{backing::partitioned{all}};
      const auto got = a.allocate_from(image, 0, pages{128});
      expect(!got && got.error() == error{errc::out_of_memory, step::populate, ENOMEM}, "allocate_from says so");
      expect(a.data() == nullptr && all.charged() == 0, "and has given everything back");
      const auto small = a.allocate(pages{16});
      expect(small.has_value(), "a smaller memory can be had");
    }
    expect(all.close().has_value(), "the partition has nothing left");
  });
}

TEST_CASE("growth that clears untouched pages fails where the group is full", "[group]") {
  in_a_small_group("growing in a block", [] {
    linux_allocator::with_page_size<page_size::transparent_huge<page_size::in_blocks, 8_MiB>> a;
    expect(a.allocate(pages{1}, pages{256}).has_value(), "there is a block");
    a.data()[0] = std::byte{1};
    const auto got = a.grow(pages{127});
    expect(!got && got.error().code == errc::out_of_memory, "grow says so");
    expect(a.size() == chunk && a.data()[0] == std::byte{1}, "and has changed nothing");
    expect(a.grow(pages{1}).has_value(), "a little can be had");
  });
}

TEST_CASE("an image over an empty pool is an error or takes the next candidate", "[images][pool]") {
  if (const char* const reason = no_huge_mappings()) return skip(reason);
  using pool = page_size::explicit_huge<2_MiB>;
  const auto contents = pattern(3 * chunk);
  {
    using memory = mapping::with_page_size<pool>;
    const auto image = image_of<memory>(contents);
    memory a;
    const auto got = a.allocate_from(image, 0, pages{std::uint64_t{1} << 20}, pages{std::uint64_t{1} << 20});
    REQUIRE_FALSE(got.has_value());  // no pool of a test machine holds 64 GiB
    CHECK(got.error().code != errc::system);
    CHECK(a.data() == nullptr);
  }
  using in_pool = linux_allocator::with_page_size<pool>;
  fallback<in_pool, linux_allocator> plain;
  fallback<with_images<in_pool>, with_images<linux_allocator>> a;
  const auto image = image_of<with_images<linux_allocator>>(contents);
  REQUIRE(plain.allocate(pages{4}, pages{8}));
  REQUIRE(a.allocate_from(image, 0, pages{4}, pages{8}));
  CHECK(effective(a).image == (a.acting() == 0 ? image_mode::copied : image_mode::mapped));
  CHECK(holds_image(a.bytes(), contents, 0));
}

TEST_CASE("an image over a pool is copied into populated pages and again on reset", "[images][pool]") {
  if (const char* const reason = no_populating()) return skip(reason);
  using recorded = recording_calls<fake_pool<calls::linux_kernel>, struct copies_into_pools>;
  using memory = over<recorded>::with_page_size<page_size::explicit_huge<2_MiB>>;
  const auto contents = pattern(2_MiB + 700);
  const auto image = image_of<memory>(contents);
  memory a;
  REQUIRE(a.allocate_from(image, chunk, pages{64}, pages{128}));
  CHECK((a.image_mode() == image_mode::copied && holds_image(a.bytes(), contents, chunk)));
  fill(a.bytes(), 0x21);
  REQUIRE(a.reset(pages{96}));
  CHECK(holds_image(a.bytes(), contents, chunk));
  REQUIRE(a.discard(0, 2_MiB));
  CHECK(all_zero(a.bytes().first(2_MiB)));
  REQUIRE(a.reset(pages{64}));
  CHECK(holds_image(a.bytes(), contents, chunk));
}

}  // namespace
}  // namespace quire::test
