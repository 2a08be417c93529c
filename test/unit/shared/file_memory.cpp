// SPDX-License-Identifier: BSL-1.0
// Memory that is a file: what survives processes, simulated stops of the machine, and damage; and who may have it open.
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include <quire/file_memory.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/shared/shared_world.hpp"

namespace quire::test {
namespace {

using file = file_memory<steered_allocator>;
using header = detail::object_header;

template <class T>
errc code_of(const result<T>& got) {
  REQUIRE_FALSE(got);
  return got.error().code;
}

/// Overwrites a part of a file.
void write_at(const char* path, std::size_t offset, const void* data, std::size_t bytes) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  CHECK(::pwrite(fd, data, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes));
  ::close(fd);
}
void cut_off(const char* path, std::size_t length) { REQUIRE(::truncate(path, static_cast<off_t>(length)) == 0); }

/// f() ends its process as kill -9 would, before anything is destroyed.
template <class F>
void die_in(F f) {
  REQUIRE(other_process([&] { return f(), 1; }).wait() == -SIGKILL);
}

TEMPLATE_TEST_CASE("a file has its size and contents again when it is opened", "[file][conformance]", linux_allocator,
                   checked_linux_allocator, typedef_for_wasm, steered_allocator,
                   linux_allocator::with_protection<protection::unguarded>,
                   linux_allocator::with_residency<residency::populated>,
                   linux_allocator::with_residency<residency::excluded_from_dumps>,
                   linux_allocator::with_residency<residency::not_inherited>, typedef_in_small_units) {
  using view = file_memory<TestType>;
  using pages = typename view::pages;
  constexpr std::size_t unit = pages::unit;
  const own_file path;
  {
    view f;
    REQUIRE(f.create({.path = path, .maximum = pages{32}, .initial = pages{1}}));
    CHECK(all_zero(f.bytes()));
    CHECK(f.grow(pages{2}).value() == pages{1});
    fill(f.bytes(), 7);
    CHECK(f.flush().value() == 3 * unit);
    CHECK(f.grow(pages{1}));
    fill(f.bytes().last(unit), 8);
    CHECK(f.close());
    CHECK_FALSE(f.is_open());
  }
  view g;
  const auto opened = g.open(path);
  REQUIRE(opened);
  CHECK(opened->size == 4 * unit);
  CHECK_FALSE(opened->recovered);
  CHECK(g.capacity() == 32 * unit);
  CHECK(holds(g.bytes().first(3 * unit), 7));
  CHECK(holds(g.bytes().last(unit), 8));
  CHECK(g.grow(pages{28}));
  CHECK(code_of(g.grow(pages{1})) == errc::limit_exceeded);
  view reader;
  const auto read = reader.open(path, access::read);
  if (std::is_same_v<typename TestType::residency_type, residency::populated>) {  // populating writes to pages
    CHECK(read.error() == error{errc::not_supported, step::populate, 0});
    CHECK_FALSE(reader.is_open());
    return;
  }
  REQUIRE(read);
  CHECK(reader.size() == 32 * unit);
  CHECK(code_of(reader.grow(pages{1})) == errc::not_permitted);
  CHECK(code_of(reader.flush()) == errc::not_permitted);
  CHECK(reader.close());
}

TEST_CASE("misuse of a file is an error and changes nothing", "[file]") {
  const own_file path;
  file one, two;
  CHECK(code_of(one.flush()) == errc::not_allocated);
  CHECK(one.close());
  CHECK(code_of(one.create({.maximum = pages{1}})) == errc::invalid_argument);
  CHECK(code_of(one.create({.path = path})) == errc::invalid_argument);
  CHECK(code_of(one.create({.path = path, .maximum = pages{1}, .initial = pages{2}})) == errc::invalid_argument);
  CHECK(code_of(one.open(path)) == errc::not_allocated);
  CHECK(code_of(one.open(nullptr)) == errc::invalid_argument);
  CHECK(code_of(one.open((path.folder() / "none" / "file").c_str())) == errc::not_allocated);
  CHECK(code_of(one.open(path.folder().c_str())) == errc::system);
  CHECK(code_of(file::remove(path)) == errc::not_allocated);
  CHECK(code_of(file::remove(nullptr)) == errc::not_allocated);
  REQUIRE(one.create({.path = path, .maximum = pages{2}}));
  CHECK(code_of(one.open(path)) == errc::already_allocated);
  CHECK(code_of(one.create({.path = path, .maximum = pages{2}})) == errc::already_allocated);
  CHECK(code_of(two.create({.path = path, .maximum = pages{2}})) == errc::already_allocated);
  CHECK(code_of(two.open(path, access::none)) == errc::invalid_argument);
  CHECK(two.open(path));
  CHECK(two.grow(pages{2}));
  CHECK(one.size() == 2 * page);

  file three(std::move(one));
  CHECK_FALSE(one.is_open());
  CHECK(three.flush());
  two = std::move(three);
  CHECK(two.size() == 2 * page);
  CHECK(file::remove(path));
  CHECK(two.flush());
}

TEST_CASE("when the machine stops a file has the size of its last flush", "[file][recovery]") {
  const own_file path;
  die_in([&] {
    file f;
    if (!f.create({.path = path, .maximum = pages{16}, .initial = pages{1}}) || !f.grow(pages{2})) return;
    fill(f.bytes(), 1);
    if (!f.flush() || !f.grow(pages{4})) return;
    fill(f.bytes().last(4 * page), 2);
    (void)std::raise(SIGKILL);
  });
  SECTION("which is the whole size if only the process has ended") {
    file f;
    const auto opened = f.open(path);
    REQUIRE(opened);
    CHECK(opened->size == 7 * page);
    CHECK_FALSE(opened->recovered);
    CHECK(holds(f.bytes().last(4 * page), 2));
  }
  SECTION("and what lay behind it is gone") {
    ++steered::starts;
    file reader;
    const auto read = reader.open(path, access::read);
    REQUIRE(read);
    CHECK(read->recovered);
    CHECK(read->size == 3 * page);
    CHECK(path.length() == header::contents + 7 * page);  // reading changes nothing
    file f;
    const auto opened = f.open(path);
    REQUIRE(opened);
    CHECK(opened->recovered);
    CHECK(opened->size == 3 * page);
    CHECK(path.length() == header::contents + 3 * page);
    CHECK(holds(f.bytes(), 1));
    CHECK(f.grow(pages{5}));
    CHECK(all_zero(f.bytes().subspan(3 * page)));  // no contents of the time before
    CHECK(reader.size() == 3 * page);
    file other;
    const auto again = other.open(path);
    REQUIRE(again);
    CHECK_FALSE(again->recovered);
    CHECK(again->size == 8 * page);
  }
  SECTION("also if it stops again before anything is flushed") {
    for (int i = 0; i < 3; ++i) {
      ++steered::starts;
      die_in([&] {
        file f;
        if (!f.open(path) || !f.grow(pages{2})) return;
        fill(f.bytes().last(2 * page), 3);
        (void)std::raise(SIGKILL);
      });
    }
    ++steered::starts;
    file f;
    const auto opened = f.open(path);
    REQUIRE(opened);
    CHECK(opened->size == 3 * page);
    CHECK(holds(f.bytes(), 1));
  }
  SECTION("where the system does not tell of starts every first opening recovers") {
    steered::refuses_start = ENOENT;
    file f, other, reader;
    const auto opened = f.open(path);
    CHECK(code_of(reader.open(path, access::read)) == errc::not_supported);
    REQUIRE(opened);
    CHECK(opened->recovered);
    CHECK(opened->size == 3 * page);
    CHECK(f.grow(pages{1}));
    const auto second = other.open(path);
    steered::refuses_start = 0;
    REQUIRE(second);
    CHECK(second->size == 4 * page);
  }
  SECTION("but not if a process cannot ask whether it has stopped") {
    file f;
    for (const int code : {EMFILE, ENOMEM, EACCES}) {
      steered::refuses_start = code;
      for (const access wanted : {access::read, access::read_write}) {
        const auto refused = f.open(path, wanted);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().native == code);
      }
      const std::string second = (path.folder() / "second").string();
      CHECK(f.create({.path = second.c_str(), .maximum = pages{8}}).error().native == code);
      CHECK_FALSE(std::filesystem::exists(second));
    }
    steered::refuses_start = 0;
    const auto opened = f.open(path);
    REQUIRE(opened);
    CHECK_FALSE(opened->recovered);
    CHECK(opened->size == 7 * page);
    CHECK(holds(f.bytes().last(4 * page), 2));
  }
}

TEST_CASE("a file over plain POSIX keeps what was flushed", "[file]") {
  const own_file path;
  using plain = file_memory<posix_allocator>;
  {
    plain f;
    REQUIRE(f.create({.path = path, .maximum = pages{8}, .initial = pages{1}}));
    CHECK(f.grow(pages{2}));
    fill(f.bytes(), 6);
  }  // flushes
  plain g;
  const auto opened = g.open(path);
  REQUIRE(opened);
  CHECK(opened->size == 3 * page);
  CHECK(holds(g.bytes(), 6));
}

/// Linux that notes, whenever a flush writes pages, which size the file says was flushed.
struct noting : steered {
  static inline const header* watched = nullptr;
  static inline std::vector<std::uint64_t> told;
  static int sync_mapping(void* p, std::size_t bytes) noexcept {
    if (watched != nullptr) told.push_back(watched->flushed().value_or(1));
    return steered::sync_mapping(p, bytes);
  }
};

TEST_CASE("a flush writes contents before the size that covers them and a size only when it has grown", "[file]") {
  const own_file path;
  file_memory<linux_allocator::with_backing<backing::linux_mmap<noting>>> f;
  REQUIRE(f.create({.path = path, .maximum = pages{8}, .initial = pages{1}}));
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  void* const seen = ::mmap(nullptr, header::bytes, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  REQUIRE(seen != MAP_FAILED);
  noting::watched = &header::at(static_cast<std::byte*>(seen));
  REQUIRE(f.grow(pages{2}));
  CHECK(f.flush().value() == 3 * page);
  CHECK(noting::told == std::vector<std::uint64_t>{page, 3 * page});
  noting::told.clear();
  CHECK(f.flush());
  CHECK(noting::told == std::vector<std::uint64_t>{3 * page});
  noting::watched = nullptr;
  ::munmap(seen, header::bytes);
}

/// A disk that fails once. As a kernel does, it tells the one call that finds this, and takes the pages for written.
struct failing_once : steered {
  static inline std::atomic<bool> fails{false}, is_failing{false}, other_has_returned{false};
  static int sync_mapping(void*, std::size_t) noexcept {
    if (!fails.exchange(false)) return 0;
    is_failing = true;
    for (int i = 0; i < 100 && !other_has_returned; ++i) calls::linux_kernel::pause();
    return EIO;
  }
};

TEST_CASE("a thread whose flush overlaps one that fails is not told that it succeeded", "[file][threads][fault]") {
  const own_file path;
  file_memory<linux_allocator::with_backing<backing::linux_mmap<failing_once>>> f;
  REQUIRE(f.create({.path = path, .maximum = pages{8}, .initial = pages{1}}));
  failing_once::fails = true;
  result<std::size_t> first;
  std::thread other([&] { first = f.flush(); });
  while (!failing_once::is_failing) calls::linux_kernel::pause();
  const auto second = f.flush();
  failing_once::other_has_returned = true;
  other.join();
  const error lost{errc::system, step::flush, EIO};
  REQUIRE_FALSE(first);
  CHECK(first.error() == lost);
  REQUIRE_FALSE(second);
  CHECK(second.error() == lost);
}

/// The words of the header that a flush writes.
constexpr std::size_t first_copy = 2048, second_copy = 4096;

TEST_CASE("a header of a file that was torn is recovered from the other copy", "[file][recovery]") {
  const own_file path;
  {
    file f;
    REQUIRE(f.create({.path = path, .maximum = pages{16}, .initial = pages{1}}));
    for (int i = 0; i < 4; ++i) {
      REQUIRE(f.grow(pages{1}));
      fill(f.bytes().last(page), static_cast<unsigned char>(i));
      REQUIRE(f.flush());
    }
  }
  const auto size_with = [&](std::initializer_list<std::size_t> torn) -> result<opened_file> {
    const own_file copy;
    std::filesystem::copy_file(static_cast<const char*>(path), static_cast<const char*>(copy));
    for (const std::size_t at : torn) {
      const std::uint64_t rubbish = 0x0123456789abcdef;
      write_at(copy, at, &rubbish, sizeof rubbish);
    }
    ++steered::starts;
    file f;
    return f.open(copy);
  };
  CHECK(size_with({})->size == 5 * page);
  const std::size_t a = size_with({first_copy})->size, b = size_with({second_copy})->size;
  CHECK(std::max(a, b) == 5 * page);  // the copy that was written last
  CHECK(std::min(a, b) == 4 * page);  // the flush before it
  CHECK(size_with({first_copy, second_copy}).error().code == errc::damaged);
  CHECK(size_with({0}).error().code == errc::damaged);
  CHECK(size_with({1024})->size == 5 * page);  // the present size, which counts for nothing after a stop
}

TEST_CASE("files that are no memories or are cut off are errors by name", "[file][recovery]") {
  const own_file path;
  const auto make = [&] {
    (void)file::remove(path);
    file f;
    REQUIRE(f.create({.path = path, .maximum = pages{8}, .initial = pages{4}}));
  };
  file f;
  std::ofstream(path.folder() / "text") << std::string(200'000, 'x');
  CHECK(code_of(f.open((path.folder() / "text").c_str())) == errc::damaged);
  std::ofstream(path.folder() / "empty").flush();
  CHECK(code_of(f.open((path.folder() / "empty").c_str())) == errc::damaged);
  CHECK(code_of(f.open((path.folder() / "empty").c_str(), access::read)) == errc::damaged);

  const std::string fifo = (path.folder() / "fifo").string();
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  for (const access wanted : {access::read, access::read_write})
    CHECK(other_process([&] {
            (void)::alarm(30);  // one that waits for the other end of the FIFO
            const auto got = file().open(fifo.c_str(), wanted);
            return !got && got.error().code == errc::damaged ? 0 : 1;
          }).wait() == 0);

  make();
  cut_off(path, header::contents + 3 * page);
  CHECK(code_of(f.open(path)) == errc::size_mismatch);
  CHECK(code_of(f.open(path, access::read)) == errc::size_mismatch);
  ++steered::starts;
  CHECK(code_of(f.open(path)) == errc::size_mismatch);
  CHECK(code_of(f.open(path, access::read)) == errc::size_mismatch);
  CHECK(path.length() == header::contents + 3 * page);  // what is left is left alone
  cut_off(path, header::bytes / 2);
  CHECK(code_of(f.open(path)) == errc::damaged);

  make();
  if constexpr (counts_4_kib)
    CHECK(code_of(file_memory<typedef_in_small_units>().open(path)) == errc::invalid_argument);
  CHECK(f.open(path));
}

TEST_CASE("a file that another process has open is not recovered and keeps its size", "[file][processes]") {
  const own_file path;
  file f;
  REQUIRE(f.create({.path = path, .maximum = pages{8}, .initial = pages{1}}));
  REQUIRE(f.grow(pages{2}));
  CHECK(other_process([&] {
          file other;
          const auto opened = other.open(path);
          return opened && !opened->recovered && opened->size == 3 * page && other.grow(pages{1}) ? 0 : 1;
        }).wait() == 0);
  CHECK(f.size() == 4 * page);
}

TEST_CASE("a file whose lock others keep without recovering it is not taken for damaged", "[file][recovery]") {
  const own_file path;
  {
    file f;
    REQUIRE(f.create({.path = path, .maximum = pages{8}, .initial = pages{2}}));
  }
  ++steered::starts;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);  // as a program that copies it
  REQUIRE(fd >= 0);
  REQUIRE(::flock(fd, LOCK_SH) == 0);
  file f;
  CHECK(code_of(f.open(path)) == errc::not_permitted);
  ::close(fd);
  const auto opened = f.open(path);
  REQUIRE(opened);
  CHECK(opened->recovered);
  CHECK(opened->size == 2 * page);
}

TEST_CASE("open does not wait for ever for a lock that another program keeps", "[file][recovery]") {
  const own_file path;
  {
    file f;
    REQUIRE(f.create({.path = path, .maximum = pages{8}, .initial = pages{2}}));
  }
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  file f;
  CHECK(code_of(f.open(path)) == errc::not_permitted);
  ++steered::starts;
  CHECK(code_of(f.open(path)) == errc::not_permitted);
  ::close(fd);
  CHECK(f.open(path));
}

TEST_CASE("a reader waits until a file is finished", "[file][processes]") {
  for (int round = 0; round < 10; ++round) {
    const own_file path;
    auto creator = other_process([&] {
      file f;
      return f.create({.path = path, .maximum = pages{64}, .initial = pages{1}}) ? 0 : 1;
    });
    file f;
    auto code = errc::not_allocated;
    while (code == errc::not_allocated) {
      const auto opened = f.open(path, access::read);
      code = opened ? errc{} : opened.error().code;
    }
    CHECK(f.size() == page);
    CHECK(creator.wait() == 0);
  }
}

TEST_CASE("limits and refusals of the file system are errors of a file", "[file]") {
  if (address_sanitizer || thread_sanitizer) return skip("sanitizers need files of their own");
  const own_file path;
  test_environment::run_isolated("file size", [&] {
    const auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
    file f;
    const rlimit limit{header::contents + 2 * page, RLIM_INFINITY};
    check(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
    check(f.create({.path = path, .maximum = pages{8}, .initial = pages{1}}).has_value(), "create");
    check(f.grow(pages{1}).has_value(), "up to the limit");
    check(f.grow(pages{1}).error() == error{errc::limit_exceeded, step::commit, EFBIG}, "no signal at the limit");
    check(f.flush().has_value() && f.size() == 2 * page, "nothing has changed");
    const rlimit none{4096, RLIM_INFINITY};
    check(::setrlimit(RLIMIT_FSIZE, &none) == 0, "setrlimit");
    const std::string second = (path.folder() / "second").string();
    check(file().create({.path = second.c_str(), .maximum = pages{8}}).error().code == errc::limit_exceeded, "no room");
    check(!std::filesystem::exists(second), "a file that could not be finished is gone");
  });
  test_environment::run_isolated("file size in a recovery", [] {
    const own_file short_path;
    const auto check = [](bool holds, const char* what) { test_environment::check(holds, what); };
    check(file().create({.path = short_path, .maximum = pages{8}}).has_value(), "create");
    ++steered::starts;
    const rlimit limit{header::bytes, RLIM_INFINITY};
    check(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
    file f;
    const auto opened = f.open(short_path);
    check(opened.has_value() && opened->recovered, "a recovery makes no file longer");
  });
  const std::string long_path = "/" + std::string(5000, 'x');
  CHECK(code_of(file().create({.path = long_path.c_str(), .maximum = pages{1}})) == errc::system);
  CHECK(code_of(file().create({.path = "/proc/quire", .maximum = pages{1}})) == errc::not_allocated);
}

}  // namespace
}  // namespace quire::test
