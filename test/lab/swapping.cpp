// SPDX-License-Identifier: BSL-1.0
// Pages that were written to a disk: contents that were kept return, and discarded ones do not.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <span>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>
#include <quire/recycling/zero_dirty.hpp>
#include <quire/recycling/zero_high_water.hpp>
#include <quire/residency/locked.hpp>

#include "report.hpp"
#include "settings.hpp"

namespace quire::test {
namespace {

using memory = linux_allocator::with_page_size<page_size::no_huge>;

const char* no_swap() {
  std::ifstream file{"/proc/swaps"};
  std::string line;
  std::getline(file, line);
  return std::getline(file, line) ? nullptr : "this machine has nothing to swap to";
}

/// Counts the pages that lie on the disk, as the kernel reports each of them.
std::size_t pages_on_disk(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<std::uint64_t> told(bytes.size() / page);
  const int file = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  const auto first = reinterpret_cast<std::uintptr_t>(bytes.data()) / page * sizeof(std::uint64_t);
  const ssize_t got = ::pread(file, told.data(), told.size() * sizeof(std::uint64_t), static_cast<off_t>(first));
  ::close(file);
  if (got != static_cast<ssize_t>(told.size() * sizeof(std::uint64_t))) return 0;
  const auto is_swapped = [](std::uint64_t word) { return (word >> 62 & 1) != 0; };
  return static_cast<std::size_t>(std::count_if(told.begin(), told.end(), is_swapped));
}

/// Asks the kernel to page everything out; returns whether most of it was, as the case would show nothing otherwise.
bool page_out(std::span<std::byte> bytes) {
  constexpr int madv_pageout = 21;  // Linux 5.4
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < 10 && pages_on_disk(bytes) < bytes.size() / page; ++i)
    (void)::madvise(bytes.data(), bytes.size(), madv_pageout);
  return pages_on_disk(bytes) > bytes.size() / page * 9 / 10;
}

bool all_are(std::span<const std::byte> bytes, int value) {
  return std::all_of(bytes.begin(), bytes.end(), [value](std::byte b) { return b == std::byte(value); });
}

/// Fills a memory and makes the kernel write its pages to the disk.
void fill_and_page_out(memory& a) {
  std::fill(a.bytes().begin(), a.bytes().end(), std::byte{0x5a});
  REQUIRE(page_out(a.bytes()));
}

TEST_CASE("pages that were swapped out come back as they were", "[swap]") {
  if (const char* const why = no_swap()) return skip(why);
  memory a;
  REQUIRE(a.allocate(pages{64}));
  fill_and_page_out(a);
  CHECK(all_are(a.bytes(), 0x5a));
}

TEST_CASE("swapped-out pages are zero after reset, discard, shrink and grow, and a new allocate", "[swap]") {
  if (const char* const why = no_swap()) return skip(why);
  memory a;
  REQUIRE(a.allocate(pages{64}, pages{128}));
  fill_and_page_out(a);
  REQUIRE(a.reset(pages{64}));
  CHECK(pages_on_disk(a.bytes()) == 0);
  CHECK(all_are(a.bytes(), 0));

  fill_and_page_out(a);
  const std::size_t half = a.size() / 2;
  REQUIRE(a.discard(0, half));
  CHECK(all_are(a.bytes().first(half), 0));
  CHECK(all_are(a.bytes().subspan(half), 0x5a));

  fill_and_page_out(a);
  REQUIRE(a.shrink(pages{32}));
  REQUIRE(a.grow(pages{32}));
  CHECK(all_are(a.bytes().first(half), 0x5a));
  CHECK(all_are(a.bytes().subspan(half), 0));

  fill_and_page_out(a);
  REQUIRE(a.deallocate(a.data(), a.size()));
  REQUIRE(a.allocate(pages{64}));
  CHECK(all_are(a.bytes(), 0));
}

TEST_CASE("access changes while pages are swapped out, and contents stay", "[swap]") {
  if (const char* const why = no_swap()) return skip(why);
  memory a;
  REQUIRE(a.allocate(pages{64}));
  fill_and_page_out(a);
  REQUIRE(a.protect(0, a.size(), access::none));
  REQUIRE(a.protect(0, a.size(), access::read));
  CHECK(all_are(a.bytes(), 0x5a));
}

TEST_CASE("locked pages are never swapped out", "[swap]") {
  if (const char* const why = no_swap()) return skip(why);
  memory::with_residency<residency::locked> a;
  REQUIRE(a.allocate(pages{64}));
  std::fill(a.bytes().begin(), a.bytes().end(), std::byte{0x5a});
  CHECK_FALSE(page_out(a.bytes()));
  CHECK(pages_on_disk(a.bytes()) == 0);
}

template <class Recycling>
void recycle_what_is_on_disk() {
  pool<memory, Recycling> p;
  REQUIRE(p.open({.slots = 1, .maximum = pages{64}}));
  for (int round = 0; round < 3; ++round) {
    auto user = p.acquire(pages{64});
    REQUIRE(user);
    CHECK(all_are(user->bytes(), 0));
    std::fill(user->bytes().begin(), user->bytes().end(), std::byte{0x5a});
    CHECK(page_out(user->bytes()));
  }
  CHECK(all_are(p.acquire(pages{64})->bytes(), 0));
}

/// Every other page of a mapped image is written, and all are swapped out: copies that are only on the disk are found.
template <class Recycling>
void restore_what_is_on_disk() {
  using starting = pool<with_images<memory>, Recycling>;
  starting p;
  REQUIRE(p.open({.slots = 1, .maximum = pages{64}}));
  const std::vector<std::byte> contents(std::size_t{16} << 16, std::byte{0x33});
  const auto image = starting::memory::image::from(contents);
  REQUIRE(image);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (int round = 0; round < 3; ++round) {
    auto user = p.acquire_from(*image, 0, pages{32});
    REQUIRE(user);
    CHECK((all_are(user->bytes().first(contents.size()), 0x33) && all_are(user->bytes().subspan(contents.size()), 0)));
    for (std::size_t at = 0; at < user->size(); at += 2 * page) user->bytes()[at] = std::byte{0x5a};
    constexpr int madv_pageout = 21;  // Linux 5.4
    for (int i = 0; i < 10 && pages_on_disk(user->bytes()) < contents.size() / page / 4; ++i)
      (void)::madvise(user->data(), user->size(), madv_pageout);
    CHECK(pages_on_disk(user->bytes()) >= contents.size() / page / 4);
  }
  auto last = p.acquire_from(*image, 0, pages{32});
  CHECK((all_are(last->bytes().first(contents.size()), 0x33) && all_are(last->bytes().subspan(contents.size()), 0)));
}

TEST_CASE("recycling restores an image whose written pages are swapped out", "[swap]") {
  if (const char* const why = no_swap()) return skip(why);
  restore_what_is_on_disk<recycling::zero_dirty>();
  restore_what_is_on_disk<recycling::decommit>();
}

TEST_CASE("recycling clears pages that are swapped out", "[swap]") {
  if (const char* const why = no_swap()) return skip(why);
  recycle_what_is_on_disk<recycling::zero_dirty>();
  recycle_what_is_on_disk<recycling::zero_high_water>();
  recycle_what_is_on_disk<recycling::decommit>();
}

}  // namespace
}  // namespace quire::test
