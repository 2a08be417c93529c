// SPDX-License-Identifier: BSL-1.0
// Memories that draw from a partition: never more than its maximum, and its minimum whenever it is needed.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include <quire/all_of.hpp>
#include <quire/backing/imaged.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/explain.hpp>
#include <quire/memory_partition.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>
#include <quire/residency/assured.hpp>
#include <quire/residency/excluded_from_dumps.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/populated.hpp>

#include "support/conformance.hpp"
#include "support/page_units.hpp"
#include "support/process/machine.hpp"
#include "support/process/process_maps.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/partitions/drawing.hpp"

namespace quire::test {
namespace {

using memory = with_partition<linux_allocator>;
using partition = memory_partition<backing::linux_mmap<>>;
using posix_partition = memory_partition<backing::posix_mmap<>>;
constexpr std::size_t page = 65536;

static_assert(object_store<backing::linux_mmap<>> && !object_store<backing::posix_mmap<>>);
static_assert(!image_store<memory::backing_type> && !purging_store<memory::backing_type>);

memory drawing_from(partition& from) { return memory{backing::partitioned{from}}; }

/// The bytes of memory of the file that holds the minimum.
std::size_t memory_behind(const partition& p) {
  struct stat file{};
  REQUIRE(::fstat(p.object().descriptor, &file) == 0);
  return static_cast<std::size_t>(file.st_blocks) * 512;
}

using configs = std::tuple<
    drawing<linux_allocator, 0>, drawing<linux_allocator, 4 * page>, drawing<linux_allocator, 1024 * page>,
    drawing<linux_allocator::with_residency<all_of<residency::populated, residency::excluded_from_dumps>>, 64 * page>,
    drawing_with_images<linux_allocator, 4 * page>, drawing<posix_allocator, 0>>;

TEMPLATE_LIST_TEST_CASE("a memory that draws from a partition passes the conformance cases",
                        "[conformance][partitions]", configs) {
  conform<TestType>();
}

TEST_CASE("a partition is charged for exactly the committed bytes", "[partitions]") {
  const std::size_t minimum = GENERATE(std::size_t{0}, 2 * page, 10 * page);
  partition p;
  REQUIRE(p.open({.name = "ten", .maximum = 10 * page, .minimum = minimum}));
  CHECK(p.open({.maximum = page}).error().code == errc::already_allocated);
  {
    memory a = drawing_from(p), b = drawing_from(p);
    REQUIRE(a.allocate(pages{3}, pages{20}));
    CHECK(p.charged() == 3 * page);
    REQUIRE(b.allocate(pages{4}, pages{20}));
    fill(a.bytes(), 0x11);
    fill(b.bytes(), 0x22);
    REQUIRE(a.grow(pages{3}));
    CHECK(p.charged() == 10 * page);

    const auto full = b.grow(pages{1});
    CHECK(full.error().code == errc::out_of_memory);
    CHECK(full.error().at == step::commit);
    const explanation why = explain(full.error(), b, page);
    CHECK(
        (why.kind == limit_kind::configured && why.owner == "ten" && why.used == 10 * page && why.limit == 10 * page));
    CHECK((p.charged() == 10 * page && b.size() == 4 * page && holds(b.bytes(), 0x22)));
    CHECK(holds(a.bytes().first(3 * page), 0x11));

    CHECK(p.close().error().code == errc::not_permitted);
    REQUIRE(a.shrink(pages{2}));
    CHECK(p.charged() == 8 * page);
    REQUIRE(b.grow(pages{2}));
    CHECK((all_zero(b.bytes().subspan(4 * page)) && holds(b.bytes().first(4 * page), 0x22)));
    REQUIRE(a.reset(pages{1}));
    CHECK((p.charged() == 7 * page && all_zero(a.bytes())));
    REQUIRE(a.reset(pages{4}));
    CHECK((p.charged() == 10 * page && all_zero(a.bytes())));
    memory c = std::move(a);
    CHECK(p.charged() == 10 * page);
    REQUIRE(c.deallocate(c.data(), c.size()));
    CHECK(p.charged() == 6 * page);
    CHECK(a.allocate(pages{5}, pages{5}).error().code == errc::out_of_memory);
    REQUIRE(a.allocate(pages{4}, pages{5}));
    CHECK(all_zero(a.bytes()));
  }
  CHECK(p.charged() == 0);
  REQUIRE(p.close());
  CHECK((p.maximum() == 0 && p.minimum() == 0));
  memory late = drawing_from(p);
  CHECK(late.allocate(pages{1}).error().code == errc::out_of_memory);
}

TEST_CASE("a reset beyond the maximum changes nothing and one within it succeeds", "[partitions]") {
  const std::size_t minimum = GENERATE(std::size_t{0}, 2 * page, 8 * page);
  partition p;
  REQUIRE(p.open({.name = "eight", .maximum = 8 * page, .minimum = minimum}));
  memory a = drawing_from(p), b = drawing_from(p), none = drawing_from(p);
  REQUIRE((a.allocate(pages{3}, pages{20}) && b.allocate(pages{2}, pages{20}) && none.allocate(pages{0}, pages{20})));
  fill(a.bytes(), 0x11);
  const auto beyond = a.reset(pages{7});
  CHECK((beyond.error().code == errc::out_of_memory && beyond.error().at == step::commit));
  CHECK((p.charged() == 5 * page && a.size() == 3 * page && holds(a.bytes(), 0x11)));
  REQUIRE(a.reset(pages{6}));
  CHECK((p.charged() == 8 * page && all_zero(a.bytes())));
  CHECK((none.reset(pages{1}).error().code == errc::out_of_memory && none.grow(pages{0})));
  REQUIRE((a.reset(pages{2}) && none.reset(pages{1}) && p.charged() == 5 * page));
  REQUIRE((a.reset(pages{0}) && p.charged() == 3 * page));
  REQUIRE((a.grow(pages{1}) && p.charged() == 4 * page && all_zero(a.bytes())));
}

TEST_CASE("a block that a memory keeps in part is given to no other memory", "[partitions]") {
  using small = with_partition<linux_allocator::with_page_size<in_units<4096>>>;
  partition p;
  REQUIRE(p.open({.maximum = 4 * page, .minimum = page}));
  small a{backing::partitioned{p}}, b{backing::partitioned{p}};
  REQUIRE(a.allocate(small::pages{16}, small::pages{64}));
  fill(a.bytes(), 0x11);
  REQUIRE((a.shrink(small::pages{1}) && p.charged() == page - 4096));
  CHECK(all_zero({p.object().view + page - 4096, 4096}));
  REQUIRE(b.allocate(small::pages{16}, small::pages{64}));
  CHECK(all_zero(b.bytes()));
  fill(b.bytes(), 0x22);
  CHECK(holds(a.bytes(), 0x11));
  CHECK(a.grow(small::pages{1}).error().code == errc::not_supported);  // 4096 bytes are not a whole block
  REQUIRE(a.grow(small::pages{16}));
  CHECK((holds(a.bytes().first(page - 4096), 0x11) && all_zero(a.bytes().subspan(page - 4096))));
  REQUIRE((a.shrink(small::pages{31}) && b.deallocate(b.data(), b.size())));
  CHECK((all_zero({p.object().view, page}) && p.charged() == 0));
  REQUIRE(b.allocate(small::pages{16}));
  fill(b.bytes(), 0x33);
  CHECK(holds({p.object().view, page}, 0x33));  // the block is free again
}

TEST_CASE("open refuses terms that cannot be kept", "[partitions]") {
  partition p;
  CHECK(p.open({.maximum = 0}).error().code == errc::invalid_argument);
  CHECK(p.open({.maximum = page, .minimum = 2 * page}).error().code == errc::invalid_argument);
  CHECK(p.open({.maximum = page, .minimum = page / 2}).error().code == errc::invalid_argument);
  const auto beyond_the_machine = p.open({.maximum = max_bytes, .minimum = align_down(max_bytes, page)});
  CHECK_FALSE(beyond_the_machine);
  CHECK(beyond_the_machine.error().at == step::populate);
  constexpr std::size_t wrapping = align_down(SIZE_MAX / 4097 * 4096, page) + 2 * page;  // plus the table of its blocks
  CHECK(is_refused(p.open({.maximum = SIZE_MAX, .minimum = wrapping}), errc::out_of_memory));
  CHECK(p.maximum() == 0);

  posix_partition counted;
  CHECK(counted.open({.maximum = page, .minimum = page}).error().code == errc::not_supported);
  CHECK(counted.open({.maximum = page, .locked = true}).error().code == errc::not_supported);
  CHECK(counted.open({.maximum = page, .locked = true}).error().code == errc::not_supported);
  CHECK(counted.open({.maximum = page}));
}

TEST_CASE("the minimum is allocated by open and used first by memories", "[partitions]") {
  partition p;
  REQUIRE(p.open({.name = "held", .maximum = 64 * page, .minimum = 16 * page}));
  const std::byte* const view = p.object().view;
  CHECK(memory_behind(p) >= 16 * page);

  memory a = drawing_from(p);
  REQUIRE(a.allocate(pages{4}, pages{64}));
  fill(a.bytes(), 0x33);
  CHECK(holds({view, 4 * page}, 0x33));  // the memory uses these pages
  REQUIRE(a.grow(pages{28}));
  fill(a.bytes(), 0x34);
  CHECK(holds({view, 16 * page}, 0x34));

  REQUIRE(a.protect(0, page, access::none));
  REQUIRE(a.discard(0, 20 * page));
  CHECK((all_zero({view, 16 * page}) && memory_behind(p) >= 16 * page));
  REQUIRE(a.protect(0, page, access::read_write));
  CHECK((all_zero(a.bytes().first(20 * page)) && holds(a.bytes().subspan(20 * page), 0x34)));

  fill(a.bytes(), 0x35);
  REQUIRE(a.shrink(pages{30}));
  CHECK((holds({view, 2 * page}, 0x35) && all_zero({view + 2 * page, 14 * page})));
  memory b = drawing_from(p);
  REQUIRE(b.allocate(pages{14}));
  CHECK(all_zero(b.bytes()));
  fill(b.bytes(), 0x36);
  CHECK((holds({view + 2 * page, 14 * page}, 0x36) && holds(a.bytes(), 0x35)));
}

TEST_CASE("the file of a minimum is sealed against a change of size", "[partitions]") {
  partition p;
  REQUIRE(p.open({.maximum = 4 * page, .minimum = 4 * page}));
  const int file = p.object().descriptor;
  for (const off_t size : {off_t{0}, off_t{page}, off_t{64 * page}}) {
    errno = 0;
    CHECK((::ftruncate(file, size) == -1 && errno == EPERM));
  }
  constexpr int add_seals = 1033, get_seals = 1034;  // F_ADD_SEALS, F_GET_SEALS
  const int seals = ::fcntl(file, get_seals);
  CHECK((seals & 0x7) == 0x7);  // F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW
  CHECK(::fcntl(file, add_seals, 0x8) == -1);
  memory a = drawing_from(p);
  REQUIRE(a.allocate(pages{4}));
  fill(a.bytes(), 0x37);
  CHECK(holds({p.object().view, 4 * page}, 0x37));
}

TEST_CASE("a request that blocks of a minimum cannot fulfil is refused", "[partitions]") {
  using placed = with_partition<linux_allocator::with_placement<placement::prefer>>;
  partition p, unheld;
  REQUIRE(p.open({.maximum = 8 * page, .minimum = page}));
  REQUIRE(unheld.open({.maximum = 8 * page}));
  placed a{backing::partitioned{p}, placement::prefer{.node = 0}};
  const auto got = a.allocate(pages{1});
  CHECK((got.error().code == errc::not_supported && p.charged() == 0));
  placed b{backing::partitioned{unheld}, placement::prefer{.node = 0}};
  CHECK(b.allocate(pages{1}));
}

TEST_CASE("a locked partition locks the memory drawn from it", "[partitions]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  if (const char* const reason = no_locking()) return skip(reason);
  const std::size_t minimum = GENERATE(std::size_t{0}, page);
  partition p;
  REQUIRE(p.open({.maximum = 8 * page, .minimum = minimum, .locked = true}));
  memory a = drawing_from(p);
  REQUIRE(a.allocate(pages{2}, pages{8}));
  CHECK(resident_bytes(a.data(), a.size()) == 2 * page);
  REQUIRE(a.grow(pages{2}));
  CHECK(resident_bytes(a.data(), a.size()) == 4 * page);
  fill(a.bytes(), 0x44);
  REQUIRE(a.discard(0, 4 * page));
  CHECK(all_zero(a.bytes()));
  REQUIRE(a.shrink(pages{3}));
  REQUIRE(a.grow(pages{3}));
  CHECK(all_zero(a.bytes()));
  REQUIRE(a.reset(pages{3}));
  CHECK(resident_bytes(a.data(), a.size()) == 3 * page);
}

/// Counts the bytes locked at the same time, as the kernel does for each mapping.
struct counting_locks : calls::linux_kernel {
  static inline std::size_t bytes = 0;
  static int mlock(void* p, std::size_t n) noexcept {
    bytes += n;
    return linux_kernel::mlock(p, n);
  }
};

TEST_CASE("a locked minimum is locked once", "[partitions]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer makes mlock do nothing");
  if (const char* const reason = no_locking()) return skip(reason);
  using base = linux_allocator::with_backing<backing::linux_mmap<counting_locks>>;
  memory_partition<backing::linux_mmap<counting_locks>> p;
  REQUIRE(p.open({.maximum = 8 * page, .minimum = 4 * page, .locked = true}));
  const std::size_t held = counting_locks::bytes;
  CHECK(held == 5 * page);  // with its table
  with_partition<base> a{backing::partitioned{p}};
  with_partition<base::with_residency<residency::locked>> b{backing::partitioned{p}};
  REQUIRE(a.allocate(pages{3}, pages{8}));
  CHECK((counting_locks::bytes == held && resident_bytes(a.data(), a.size()) == a.size()));
  REQUIRE(b.allocate(pages{3}, pages{8}));
  CHECK(counting_locks::bytes == held + 2 * page);
  for (const auto& each : {page_run{b.data(), page}, page_run{b.data(), b.size()}})
    CHECK(b.backing().ineffective_request(each, b.requested()) == std::nullopt);
}

TEST_CASE("held blocks are given out even where RLIMIT_DATA is exhausted", "[partitions]") {
  if (address_sanitizer || thread_sanitizer) return skip("a sanitizer needs memory of its own");
  using base = linux_allocator::with_residency<residency::assured>;
  struct rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_DATA, &before) == 0);
  partition p;
  REQUIRE(p.open({.maximum = 8 * page, .minimum = 4 * page}));
  with_partition<base> a{backing::partitioned{p}}, b{backing::partitioned{p}};
  const struct rlimit none{page, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_DATA, &none) == 0);
  const auto within = a.allocate(pages{1}, pages{8}), others = b.allocate(pages{1}, pages{8});
  const bool grown = a.grow(pages{1}).has_value(), started_again = a.reset(pages{3}).has_value();
  const auto beyond = a.grow(pages{1});
  REQUIRE(::setrlimit(RLIMIT_DATA, &before) == 0);
  CHECK((within && others && grown && started_again && beyond.error().code == errc::out_of_memory));
}

TEST_CASE("an image is copied into the memory of a partition", "[partitions]") {
  using starting = with_images<memory>;
  partition p;
  REQUIRE(p.open({.maximum = 8 * page, .minimum = 4 * page}));
  const std::vector<std::byte> contents(page + 1, std::byte{0x55});
  const auto start = starting::image::from(contents);
  REQUIRE(start);
  starting a{backing::partitioned{p}};
  REQUIRE(a.allocate_from(*start, page, pages{4}));
  CHECK((a.image_mode() == image_mode::copied && p.charged() == 4 * page));
  CHECK(holds(a.bytes().subspan(page, page + 1), 0x55));
  fill(a.bytes(), 0x56);
  REQUIRE(a.reset(pages{4}));
  CHECK((all_zero(a.bytes().first(page)) && holds(a.bytes().subspan(page, page + 1), 0x55) && p.charged() == 4 * page));
}

TEST_CASE("a partition in use by another thread closes between two memories or not at all", "[partitions][threads]") {
  partition p;
  REQUIRE(p.open({.maximum = 16 * page, .minimum = 4 * page}));
  std::atomic<bool> done = false, foreign = false;
  std::thread other([&] {
    memory a = drawing_from(p);
    while (!done)
      if (a.allocate(pages{2}, pages{4})) {
        if (!all_zero(a.bytes())) foreign = true;
        fill(a.bytes(), 0x77);
        if (!a.deallocate(a.data(), a.size())) foreign = true;
      }
  });
  for (unsigned turn = 0; turn != 500; ++turn)
    if (p.close() && !p.open({.maximum = 16 * page, .minimum = 4 * page})) foreign = true;
  done = true;
  other.join();
  CHECK_FALSE(foreign);
  CHECK((p.charged() == 0 && p.close()));
}

TEST_CASE("a reset that needs part of a block changes nothing", "[partitions]") {
  using small = with_partition<linux_allocator::with_page_size<in_units<4096>>>;
  partition p;
  REQUIRE(p.open({.maximum = 16 * page, .minimum = page}));
  small a{backing::partitioned{p}};
  REQUIRE(a.allocate(small::pages{16}, small::pages{64}));
  fill(a.bytes(), 0x11);
  CHECK(a.grow(small::pages{1}).error().code == errc::not_supported);
  CHECK(a.reset(small::pages{17}).error().code == errc::not_supported);
  CHECK((a.size() == page && p.charged() == page && holds(a.bytes(), 0x11)));
  REQUIRE(a.reset(small::pages{15}));
  CHECK((all_zero(a.bytes()) && p.charged() == 15 * 4096));
}

/// Runs `use(p)` repeatedly on a thread of its own while the partition is closed and opened.
template <class F>
void closes_beside(F use) {
  partition p;
  const partition_terms terms{.maximum = 16 * page, .minimum = 4 * page};
  REQUIRE(p.open(terms));
  std::atomic<bool> done = false;
  std::thread other([&] {
    for (unsigned turn = 0; turn != 2000; ++turn) use(p);
    done = true;
  });
  bool reopened = true;
  while (!done && reopened)
    if (p.close()) reopened = p.open(terms).has_value();
  other.join();
  CHECK(reopened);
  CHECK((p.charged() == 0 && p.close()));
}

TEST_CASE("a partition closes while another thread empties or checks memories", "[partitions][threads]") {
  closes_beside([](partition& p) {
    memory a = drawing_from(p);
    if (a.allocate(pages{1}, pages{4})) (void)a.shrink(pages{1});
  });
  using asking = with_partition<linux_allocator::with_residency<residency::assured>>;
  closes_beside([](partition& p) {
    asking a{backing::partitioned{p}};
    (void)a.allocate(pages{1}, pages{4});
  });
}

TEST_CASE("the minimum is excluded from core dumps except where a memory uses it", "[partitions]") {
  partition p;
  REQUIRE(p.open({.maximum = 4 * page, .minimum = page}));
  const auto held = mappings_in(p.object().view, page);
  REQUIRE_FALSE(held.empty());
  for (const auto& each : held) CHECK(each.has_flag("dd"));
  memory a = drawing_from(p);
  REQUIRE(a.allocate(pages{1}));
  const auto used = mappings_in(a.data(), page);
  REQUIRE_FALSE(used.empty());
  for (const auto& each : used) CHECK_FALSE(each.has_flag("dd"));
}

TEST_CASE("threads share a partition without exceeding it or sharing bytes", "[partitions][threads]") {
  constexpr std::size_t threads = 4, most = 24;
  partition p;
  REQUIRE(p.open({.maximum = most * page, .minimum = 8 * page}));
  std::atomic<bool> overdrawn = false, foreign = false;
  std::vector<std::thread> all;
  for (std::size_t t = 0; t != threads; ++t)
    all.emplace_back([&, t] {
      const auto mine = static_cast<unsigned char>(t + 1);
      for (unsigned turn = 0; turn != 200; ++turn) {
        memory a = drawing_from(p);
        if (!a.allocate(pages{turn % 5}, pages{16})) continue;
        if (!all_zero(a.bytes())) foreign = true;
        fill(a.bytes(), mine);
        for (std::size_t more = 1; more != 6; ++more) {
          const std::size_t old = a.size();
          if (!a.grow(pages{more})) break;
          if (!all_zero(a.bytes().subspan(old))) foreign = true;
          fill(a.bytes(), mine);
          if (p.charged() > most * page) overdrawn = true;
        }
        if (!holds(a.bytes(), mine)) foreign = true;
      }
    });
  for (auto& thread : all) thread.join();
  CHECK_FALSE(overdrawn);
  CHECK_FALSE(foreign);
  CHECK(p.charged() == 0);
  CHECK(p.close());
}

}  // namespace
}  // namespace quire::test
