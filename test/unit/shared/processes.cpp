// SPDX-License-Identifier: BSL-1.0
// Processes that grow and read one memory at once, and die at any moment: the others go on with the truth.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <vector>

#include <quire/file_memory.hpp>
#include <quire/shared_memory.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "unit/shared/shared_world.hpp"

namespace quire::test {
namespace {

using memory = shared_memory<steered_allocator>;
using file = file_memory<steered_allocator>;

/// What a process writes at the beginning of the pages that it has got, last of all.
struct mark {
  std::uint64_t first_page, count, owner;
};

void claim(std::byte* base, std::uint64_t first, std::uint64_t count, std::uint64_t owner) {
  std::byte* const at = base + static_cast<std::size_t>(first) * page;
  std::memset(at + sizeof(mark), static_cast<int>(owner), static_cast<std::size_t>(count) * page - sizeof(mark));
  const mark m{first, count, owner};
  std::memcpy(at, &m, sizeof m);
}

/// The number of pages that have a mark; all of them are whole. Pages without one belong to a process that was killed
/// before it had written it: they are zero, or hold what processes from `mortal` on write.
template <class M>
std::uint64_t count_claims(const M& m, std::uint64_t mortal) {
  std::uint64_t got = 0;
  for (std::size_t at = 0; at * page < m.size();) {
    mark found{};
    std::memcpy(&found, m.data() + at * page, sizeof found);
    if (found.first_page != at || found.count == 0) {
      CHECK(std::ranges::all_of(m.bytes().subspan(at * page, page), [=](std::byte b) {
        return b == std::byte{0} || std::to_integer<std::uint64_t>(b) >= mortal;
      }));
      ++at;
      continue;
    }
    CHECK(found.count <= 4);
    const std::size_t bytes = static_cast<std::size_t>(found.count) * page;
    REQUIRE(bytes <= m.size() - at * page);
    CHECK(holds(m.bytes().subspan(at * page + sizeof(mark), bytes - sizeof(mark)),
                static_cast<unsigned char>(found.owner)));
    got += found.count;
    at += static_cast<std::size_t>(found.count);
  }
  return got;
}

/// Grows until there is no room, and reads meanwhile: sizes only rise, and what is below is there.
template <class M>
int grow_and_read(M& m, std::uint64_t owner) {
  std::size_t last = 0;
  for (std::uint64_t round = 0;; ++round) {
    const std::uint64_t count = 1 + (owner + round) % 4;
    const auto got = m.grow(pages{count});
    if (!got) return got.error().code == errc::limit_exceeded ? 0 : 1;
    claim(m.data(), got->n, count, owner);
    const std::size_t now = m.size();
    if (now < last || now < (got->n + count) * page) return 2;
    volatile std::byte seen = m.data()[now - 1];  // would raise a signal if it were not there
    (void)seen;
    last = now;
  }
}

TEST_CASE("processes grow and read one memory at once while one after the other is killed", "[shared][processes]") {
  constexpr std::uint64_t survivors = 2;
  for (int round = 0; round < 10; ++round) {
    const own_name name;
    memory m;
    REQUIRE(m.create({.name = name, .maximum = pages{400}}));
    const auto start = [&](std::uint64_t owner) {
      return other_process([&name, owner] {
        memory own;
        return own.open(name) ? grow_and_read(own, owner) : 3;
      });
    };
    std::vector<other_process> staying, going;
    for (std::uint64_t i = 0; i < survivors; ++i) going.push_back(start(10 + i));
    for (std::uint64_t i = 0; i < survivors; ++i) staying.push_back(start(1 + i));
    while (m.size() < static_cast<std::size_t>(10 + round) * page) calls::linux_kernel::pause();
    for (auto& each : going) (void)each.kill();
    for (auto& each : staying) CHECK(each.wait() == 0);
    CHECK(m.size_pages().n > 400 - 4);
    const std::uint64_t claimed = count_claims(m, 10);
    CHECK(claimed <= m.size_pages().n);
    CHECK(claimed + 4 * survivors >= m.size_pages().n);  // each that was killed has lost one growth at most
  }
}

TEST_CASE("a process that dies in the middle of a growth leaves the size and no lock behind", "[shared][processes]") {
  memory m;
  REQUIRE(m.create({.maximum = pages{16}, .initial = pages{1}}));
  fill(m.bytes(), 1);
  const int ended = other_process([&] {
                      steered::dies_in_growth = true;
                      return m.grow(pages{5}) ? 0 : 1;
                    }).wait();
  REQUIRE(ended == -SIGKILL);
  struct stat about{};
  REQUIRE(::fstat(m.descriptor(), &about) == 0);
  CHECK(static_cast<std::size_t>(about.st_size) == detail::object_header::contents + 6 * page);
  CHECK(m.size() == page);

  memory other;
  REQUIRE(other.open(m.descriptor()));
  CHECK(other.size() == page);
  CHECK(other.grow(pages{2}).value() == pages{1});
  CHECK(m.size() == 3 * page);
  CHECK(holds(m.bytes().first(page), 1));
  CHECK(all_zero(m.bytes().subspan(page)));
  CHECK(m.grow(pages{13}));
  CHECK(all_zero(m.bytes().subspan(page)));
}

TEST_CASE("a process that opens a memory waits for the process that creates it", "[shared][processes]") {
  const own_name name;
  const own_file path;
  for (int round = 0; round < 20; ++round) {
    std::vector<other_process> opening;
    for (int i = 0; i < 2; ++i)
      opening.push_back(other_process([&] {
        shared_memory<> m;
        file_memory<> f;
        for (result<void> got = m.open(name); !got; got = m.open(name))
          if (got.error().code != errc::not_allocated) return 1;
        for (auto got = f.open(path); !got; got = f.open(path))
          if (got.error().code != errc::not_allocated) return 2;
        return m.size() == page && f.size() == 2 * page ? 0 : 3;
      }));
    shared_memory<> m;
    file_memory<> f;
    REQUIRE(m.create({.name = name, .maximum = pages{2}, .initial = pages{1}}));
    REQUIRE(f.create({.path = path, .maximum = pages{2}, .initial = pages{2}}));
    for (auto& each : opening) CHECK(each.wait() == 0);
    REQUIRE(memory::remove(name));
    REQUIRE(file::remove(path));
  }
}

TEST_CASE("after kill -9 at random moments a file holds all that was written", "[file][processes]") {
  std::uint32_t random = 12345;
  for (int round = 0; round < 20; ++round) {
    const own_file path;
    {
      file f;
      REQUIRE(f.create({.path = path, .maximum = pages{300}}));
    }
    for (int life = 0; life < 3; ++life) {
      other_process writer([&] {
        file f;
        if (!f.open(path)) return 1;
        for (std::uint64_t n = 0;; ++n) {
          const auto got = f.grow(pages{1 + n % 3});
          if (!got) return got.error().code == errc::limit_exceeded ? 0 : 2;
          claim(f.data(), got->n, 1 + n % 3, 1);
          if (n % 5 == 0 && !f.flush()) return 3;
        }
      });
      random = random * 1664525 + 1013904223;
      const timespec moment{0, static_cast<long>(random >> 12) * 8};  // up to 8 ms
      (void)::nanosleep(&moment, nullptr);
      const int ended = writer.kill();
      CHECK((ended == -SIGKILL || ended == 0));
      file f;
      const auto opened = f.open(path);
      REQUIRE(opened);
      CHECK_FALSE(opened->recovered);
      const std::uint64_t claimed = count_claims(f, 1);
      CHECK(claimed + 3 * static_cast<std::uint64_t>(life + 1) >= f.size_pages().n);
    }
  }
}

}  // namespace
}  // namespace quire::test
