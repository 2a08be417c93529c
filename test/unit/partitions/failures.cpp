// SPDX-License-Identifier: BSL-1.0
// Each call behind images and partitions fails in turn: nothing is lost, nothing stays charged, and the operation can
// be repeated.
#include <cerrno>
#include <cstddef>
#include <set>
#include <span>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>
#include <quire/platform/linux.hpp>

#include "support/conformance.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/partitions/failing_partition.hpp"

namespace quire::test {
namespace {

/// Linux with one failing call, which records open files.
struct fragile : calls::linux_kernel, one_failure {
  static inline std::set<int> open;

  static int memory_file(const char* name, unsigned flags) noexcept {
    if (fails()) return -with;
    const int fd = linux_kernel::memory_file(name, flags);
    if (fd >= 0) open.insert(fd);
    return fd;
  }
  static void close(int fd) noexcept {
    open.erase(fd);
    linux_kernel::close(fd);
  }
  static int resize_file(int fd, std::size_t n) noexcept { return fails() ? with : linux_kernel::resize_file(fd, n); }
  static int allocate_in_file(int fd, std::size_t from, std::size_t n) noexcept {
    return fails() ? with : linux_kernel::allocate_in_file(fd, from, n);
  }
  static long write_at(int fd, const void* p, std::size_t n, std::size_t at) noexcept {
    return fails() ? -with : linux_kernel::write_at(fd, p, n, at);
  }
  static int seal_file(int fd) noexcept { return fails() ? with : linux_kernel::seal_file(fd); }
  static int seal_file_size(int fd) noexcept { return fails() ? with : linux_kernel::seal_file_size(fd); }
  static calls::mapping map_file(void* p, std::size_t n, int how, int flags, int fd, std::size_t at) noexcept {
    return fails() ? calls::mapping{nullptr, with} : linux_kernel::map_file(p, n, how, flags, fd, at);
  }
  static calls::mapping mmap(void* p, std::size_t n, int how, int flags) noexcept {
    return fails() ? calls::mapping{nullptr, with} : linux_kernel::mmap(p, n, how, flags);
  }
  static int mlock(void* p, std::size_t n) noexcept { return fails() ? with : linux_kernel::mlock(p, n); }
  static int munlock(void* p, std::size_t n) noexcept { return fails() ? with : linux_kernel::munlock(p, n); }
  static int munmap(void* p, std::size_t n) noexcept { return fails() ? with : linux_kernel::munmap(p, n); }
  static int mprotect(void* p, std::size_t n, int how) noexcept {
    return fails() ? with : linux_kernel::mprotect(p, n, how);
  }
  static int madvise(void* p, std::size_t n, int advice) noexcept {
    return fails() ? with : linux_kernel::madvise(p, n, advice);
  }
};

using store = backing::linux_mmap<fragile>;
using plain_memory = linux_allocator::with_backing<store>;
using starting = with_images<plain_memory>;
using drawing = with_partition<plain_memory>;
constexpr std::size_t page = 65536;
constexpr auto codes = {ENOMEM, EPERM, EINVAL, EAGAIN, ENOSPC, EMFILE, EINTR};

const std::vector<std::byte> contents(page + 5, std::byte{0x5a});

TEST_CASE("an image that fails to be made at any call leaves no file open", "[failures]") {
  with_each_call_failing(codes, [](int) {
    const auto made = starting::image::from(contents);
    if (made) return;
    CHECK(made.error().at == step::populate);
    CHECK(fragile::open.empty());
  });
}

/// Allocates a memory with the image at its second page and overwrites all of it.
void start(starting& a, const starting::image& from) {
  REQUIRE(a.allocate_from(from, page, pages{4}, pages{8}));
  fill(a.bytes(), 0x77);
}

TEST_CASE("a memory from an image stays whole or becomes broken whichever call fails", "[failures]") {
  {
    const auto image = starting::image::from(contents);
    REQUIRE(image);
    with_each_call_failing(codes, [&](int) {
      starting a;
      const auto got = a.allocate_from(*image, page, pages{4}, pages{8});
      fragile::disarm();
      if (!got) CHECK((a.data() == nullptr && a.image_mode() == image_mode::none));
      if (!got) REQUIRE(a.allocate(pages{4}));
      CHECK(holds(a.bytes().subspan(page, page), got ? 0x5a : 0));
    });
    const auto with_failing_operation = [&](auto operation, auto check) {
      with_each_call_failing(codes, [&](int code) {
        const std::size_t at = fragile::failing;
        fragile::disarm();
        starting a;
        start(a, *image);
        fragile::arm(at, code);
        const auto got = operation(a);
        fragile::disarm();
        if (got) {
          check(a);
        } else if (is_refused(a.grow(pages{0}), errc::broken)) {
          CHECK((a.size() == 0 && a.deallocate(a.data(), 0)));
        } else {
          CHECK((a.size() == 4 * page && holds(a.bytes(), 0x77)));
        }
      });
    };
    with_failing_operation(
        [](starting& a) { return a.reset(pages{6}); },
        [](starting& a) {
          CHECK((holds(a.bytes().subspan(page, contents.size()), 0x5a) && all_zero(a.bytes().first(page)) &&
                 all_zero(a.bytes().subspan(page + contents.size()))));
        });
    with_failing_operation(
        [](starting& a) { return a.discard(0, 2 * page); },
        [](starting& a) { CHECK((all_zero(a.bytes().first(2 * page)) && holds(a.bytes().subspan(2 * page), 0x77))); });
    with_failing_operation(
        [](starting& a) { return a.shrink(pages{3}); },
        [](starting& a) { CHECK((a.size() == page && a.grow(pages{3}) && all_zero(a.bytes().subspan(page)))); });
  }
  CHECK(fragile::open.empty());
}

TEST_CASE("a partition loses nothing whichever call of it or its memories fails", "[failures]") {
  const std::size_t minimum = GENERATE(std::size_t{0}, 4 * page);
  const bool locked = GENERATE(false, true);
  if (locked && (address_sanitizer || thread_sanitizer || no_locking() != nullptr))
    return skip("nothing can be locked");
  with_each_call_failing(codes, [=](int) {
    partition_survives_one_failure<drawing, store>(minimum, locked, [] { return fragile::open.empty(); });
  });
  CHECK(fragile::open.empty());
}

/// Linux on which, while `refuses` is set, pages can be neither made accessible nor unmapped.
struct stubborn : calls::linux_kernel {
  static inline bool refuses = false;
  static int mprotect(void* p, std::size_t n, int how) noexcept {
    return refuses && how != prot_none ? ENOMEM : linux_kernel::mprotect(p, n, how);
  }
  static int munmap(void* p, std::size_t n) noexcept { return refuses ? ENOMEM : linux_kernel::munmap(p, n); }
};

TEST_CASE("the precharge of a reset is given back even if the reset and the release fail", "[failures]") {
  using refusing = backing::linux_mmap<stubborn>;
  memory_partition<refusing> p;
  REQUIRE(p.open({.maximum = 16 * page}));
  {
    with_partition<linux_allocator::with_backing<refusing>> a{backing::partitioned{p}};
    REQUIRE(a.allocate(pages{3}, pages{16}));
    stubborn::refuses = true;
    CHECK_FALSE(a.reset(pages{6}));
  }
  stubborn::refuses = false;
  CHECK((p.charged() == 0 && p.close()));
}

/// Linux before 5.18, which cannot discard locked pages, with a count of the bytes locked.
struct before_5_18 : calls::linux_kernel {
  static inline std::size_t locked = 0;
  static int madvise(void* p, std::size_t n, int advice) noexcept {
    return advice == advice_discard_locked ? invalid : linux_kernel::madvise(p, n, advice);
  }
  static int mlock(void* p, std::size_t n) noexcept {
    locked += n;
    return linux_kernel::mlock(p, n);
  }
  static int mlock_on_fault(void* p, std::size_t n) noexcept {
    locked += n;
    return linux_kernel::mlock_on_fault(p, n);
  }
};

TEST_CASE("discard does not lock held blocks again before Linux 5.18", "[partitions]") {
  if (address_sanitizer || thread_sanitizer || no_locking() != nullptr) return skip("nothing can be locked");
  using old = backing::linux_mmap<before_5_18>;
  memory_partition<old> p;
  REQUIRE(p.open({.maximum = 16 * page, .minimum = 2 * page, .locked = true}));
  with_partition<linux_allocator::with_backing<old>> a{backing::partitioned{p}};
  REQUIRE(a.allocate(pages{4}));
  fill(a.bytes(), 0x11);
  before_5_18::locked = 0;
  REQUIRE(a.discard(0, 2 * page));
  CHECK(before_5_18::locked == 0);
  REQUIRE(a.discard(page, 2 * page));
  CHECK((before_5_18::locked == page && all_zero(a.bytes().first(3 * page)) && holds(a.bytes().last(page), 0x11)));
}

}  // namespace
}  // namespace quire::test
