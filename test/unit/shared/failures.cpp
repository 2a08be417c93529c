// SPDX-License-Identifier: BSL-1.0
// Each call behind shared memory and files fails in turn: nothing stays open or mapped, the size is as it was, and the
// operation can be repeated.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <type_traits>

#include <quire/file_memory.hpp>
#include <quire/quire.hpp>
#include <quire/shared_memory.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "unit/partitions/failing_partition.hpp"
#include "unit/shared/shared_world.hpp"

namespace quire::test {
namespace {

/// Linux with one failing call, which records open files and mapped bytes.
struct fragile : steered, one_failure {
  static inline std::set<int> open;
  static inline std::map<const void*, std::size_t> mapped;  // beginnings and lengths of what was mapped

  static bool holds_nothing() { return open.empty() && mapped.empty(); }

  static int open_file(const char* path, bool writable) noexcept {
    return made([=] { return steered::open_file(path, writable); });
  }
  static int create_file(const char* path, unsigned mode) noexcept {
    return made([=] { return steered::create_file(path, mode); });
  }
  static int open_object(const char* name, bool writable) noexcept {
    return made([=] { return steered::open_object(name, writable); });
  }
  static int create_object(const char* name, unsigned mode) noexcept {
    return made([=] { return steered::create_object(name, mode); });
  }
  static int open_to_read(const char* path) noexcept { return fails() ? -with : steered::open_to_read(path); }
  static long read(int fd, void* buffer, std::size_t n) noexcept {
    return fails() ? -with : steered::read(fd, buffer, n);
  }
  static int memory_file(const char* name, unsigned flags) noexcept {
    return made([=] { return steered::memory_file(name, flags); });
  }
  static int duplicate_file(int fd) noexcept {
    return made([=] { return steered::duplicate_file(fd); });
  }
  static void close(int fd) noexcept {
    open.erase(fd);
    steered::close(fd);
  }
  static int length_of_file(int fd, unsigned long long& n) noexcept {
    return fails() ? with : steered::length_of_file(fd, n);
  }
  static int resize_file(int fd, std::size_t n) noexcept { return fails() ? with : steered::resize_file(fd, n); }
  static int allocate_in_file(int fd, std::size_t from, std::size_t n) noexcept {
    return fails() ? with : steered::allocate_in_file(fd, from, n);
  }
  static int seal_against_shrinking(int fd) noexcept { return fails() ? with : steered::seal_against_shrinking(fd); }
  static int lock_file(int fd, bool alone) noexcept { return fails() ? with : steered::lock_file(fd, alone); }
  // The disk is not what fails here: nothing waits for it.
  static int sync_mapping(void*, std::size_t) noexcept { return fails() ? with : 0; }
  static int sync_file(int) noexcept { return fails() ? with : 0; }
  static int sync_folder(const char*) noexcept { return fails() ? with : 0; }
  static int madvise(void* p, std::size_t n, int advice) noexcept {
    return fails() ? with : steered::madvise(p, n, advice);
  }
  static calls::mapping mmap(void* p, std::size_t n, int how, int flags) noexcept {
    return fails() ? calls::mapping{nullptr, with} : recorded(steered::mmap(p, n, how, flags), n, flags);
  }
  static calls::mapping map_file(void* p, std::size_t n, int how, int flags, int fd, std::size_t at) noexcept {
    return fails() ? calls::mapping{nullptr, with} : recorded(steered::map_file(p, n, how, flags, fd, at), n, flags);
  }
  static int munmap(void* p, std::size_t n) noexcept {
    const auto found = mapped.find(p);
    if (found != mapped.end() && found->second == n) mapped.erase(found);
    return steered::munmap(p, n);
  }

 private:
  template <class F>
  static int made(F call) noexcept {
    if (fails()) return -with;
    const int fd = call();
    if (fd >= 0) open.insert(fd);
    return fd;
  }
  static calls::mapping recorded(calls::mapping got, std::size_t n, int flags) noexcept {
    if (got.error == 0 && (flags & map_fixed) == 0) mapped[got.address] = n;
    return got;
  }
};

using plain = linux_allocator::with_backing<backing::linux_mmap<fragile>>;
using populated = plain::with_residency<residency::populated>;
using undumped = plain::with_residency<residency::excluded_from_dumps>;

// A signal is no failure: what it interrupts is made again.
constexpr auto codes = {ENOMEM, EPERM, EINVAL, EAGAIN, ENOSPC, EMFILE, EIO, EINTR};

TEMPLATE_TEST_CASE("whichever call of a shared memory fails nothing is left and it can be done again",
                   "[shared][fault]", plain, populated, undumped) {
  using memory = shared_memory<TestType>;
  with_each_call_failing(codes, [](int) {
    const own_name name;
    {
      memory one, two, unnamed;
      const auto first = one.create({.name = name, .maximum = pages{8}, .initial = pages{1}});
      if (!first) {
        CHECK_FALSE(one.is_open());
        CHECK(fragile::holds_nothing());
        one_failure::disarm();
        REQUIRE(one.create({.name = name, .maximum = pages{8}, .initial = pages{1}}));
      }
      const auto second = two.open(name);
      if (!second) {
        CHECK_FALSE(two.is_open());
        one_failure::disarm();
        REQUIRE(two.open(name));
      }
      CHECK(two.size() == page);
      if (const auto grown = two.grow(pages{2}); !grown) {
        CHECK(one.size() == page);
        CHECK(two.size() == page);
        one_failure::disarm();
        REQUIRE(two.grow(pages{2}));
      }
      CHECK(one.size() == 3 * page);
      CHECK(all_zero(one.bytes()));
      if (!unnamed.create({.maximum = pages{2}, .initial = pages{1}})) {
        one_failure::disarm();
        REQUIRE(unnamed.create({.maximum = pages{2}, .initial = pages{1}}));
      }
      memory third;
      if (!third.open(unnamed.descriptor())) {
        one_failure::disarm();
        REQUIRE(third.open(unnamed.descriptor()));
      }
    }
    CHECK(fragile::holds_nothing());
  });
}

TEMPLATE_TEST_CASE("whichever call of a file fails nothing is left and what was flushed stays", "[file][fault]", plain,
                   populated) {
  using file = file_memory<TestType>;
  with_each_call_failing(codes, [](int) {
    const own_file path;
    const auto create = [&](file& f) { return f.create({.path = path, .maximum = pages{8}, .initial = pages{1}}); };
    {
      file one;
      if (!create(one)) {
        CHECK_FALSE(one.is_open());
        CHECK(fragile::holds_nothing());
        CHECK_FALSE(std::filesystem::exists(static_cast<const char*>(path)));
        one_failure::disarm();
        REQUIRE(create(one));
      }
      if (!one.grow(pages{2})) {
        CHECK(one.size() == page);
        one_failure::disarm();
        REQUIRE(one.grow(pages{2}));
      }
      fill(one.bytes(), 4);
      if (const auto flushed = one.flush(); !flushed) {
        CHECK(flushed.error().at == step::flush);
        one_failure::disarm();
        CHECK(one.flush().error() == flushed.error());  // the system may take the pages for written
        CHECK_FALSE(one.close());
        file again;  // a view that was opened since may flush
        REQUIRE(again.open(path));
        REQUIRE(again.flush());
      }
    }
    CHECK(fragile::holds_nothing());
    ++steered::starts;
    {
      file two, reader;
      if (!two.open(path)) {
        CHECK_FALSE(two.is_open());
        one_failure::disarm();
        REQUIRE(two.open(path));
      }
      CHECK(two.size() == 3 * page);
      CHECK(holds(two.bytes(), 4));
      if (!std::is_same_v<TestType, populated> && !reader.open(path, access::read)) {
        one_failure::disarm();
        REQUIRE(reader.open(path, access::read));
      }
      if (!two.close()) CHECK(two.is_open());
    }
    CHECK(fragile::holds_nothing());
  });
}

}  // namespace
}  // namespace quire::test
