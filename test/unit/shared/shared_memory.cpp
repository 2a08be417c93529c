// SPDX-License-Identifier: BSL-1.0
// Memory that processes share: one size and the same bytes in all views, whatever the others do, and errors by name
// for objects that are damaged, hostile or not there.
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <span>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <vector>

#include <quire/mirrored.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/platform/posix.hpp>
#include <quire/quire.hpp>
#include <quire/shared_memory.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"
#include "support/catch/test_environment.hpp"
#include "support/process/machine.hpp"
#include "support/process/sanitizers.hpp"
#include "unit/shared/shared_world.hpp"

namespace quire::test {
namespace {

using memory = shared_memory<steered_allocator>;
using header = detail::object_header;

constexpr auto check = [](bool holds, const char* what,
                          const std::source_location& where = std::source_location::current()) {
  test_environment::check(holds, what, where);
};
template <class T>
errc code_of(const result<T>& got) {
  REQUIRE_FALSE(got);
  return got.error().code;
}

TEMPLATE_TEST_CASE("all views of a shared memory show the same bytes and the same size", "[shared][conformance]",
                   linux_allocator, typedef_for_wasm, huge_linux_allocator, checked_linux_allocator, posix_allocator,
                   linux_allocator::with_protection<protection::unguarded>,
                   linux_allocator::with_residency<residency::populated>,
                   linux_allocator::with_residency<residency::assured>,
                   linux_allocator::with_residency<residency::excluded_from_dumps>,
                   linux_allocator::with_residency<residency::not_inherited>,
                   linux_allocator::with_placement<placement::local>,
                   linux_allocator::with_page_size<page_size::no_huge>, typedef_in_small_units) {
  using view = shared_memory<TestType>;
  using pages = typename view::pages;
  constexpr std::size_t unit = pages::unit;
  const own_name name;
  view one, two;
  if (const auto made = one.create({.name = name, .maximum = pages{64}, .initial = pages{2}}); !made) {
    if (made.error().code == errc::not_supported) return refused(made.error().message());
    FAIL(made.error().message());
  }
  REQUIRE(two.open(name));
  CHECK(two.size() == 2 * unit);
  CHECK(two.capacity() == 64 * unit);
  CHECK(one.data() != two.data());
  CHECK(all_zero(two.bytes()));

  fill(one.bytes(), 1);
  CHECK(holds(two.bytes(), 1));
  std::byte* const before = one.data();
  CHECK(two.grow(pages{3}).value() == pages{2});
  CHECK(one.size() == 5 * unit);
  CHECK(one.data() == before);
  CHECK(all_zero(one.bytes().subspan(2 * unit)));
  fill(one.bytes(), 2);
  CHECK(holds(two.bytes(), 2));

  CHECK(code_of(one.grow(pages{4}, pages{1})) == errc::size_mismatch);
  CHECK(code_of(one.grow(pages{60})) == errc::limit_exceeded);
  CHECK(code_of(one.grow(pages{std::numeric_limits<std::uint64_t>::max()})) == errc::limit_exceeded);
  CHECK(one.grow(pages{0}).value() == pages{5});
  CHECK(one.grow(pages{5}, pages{59}).value() == pages{5});
  CHECK(two.size_pages() == pages{64});
  CHECK(code_of(two.grow(pages{1})) == errc::limit_exceeded);
  std::memset(two.data() + two.size() - 1, 3, 1);
  CHECK(one.bytes().back() == std::byte{3});
  one.close();
  CHECK(two.bytes().back() == std::byte{3});
}

TEST_CASE("a shared memory takes the node that its constructor is given", "[shared]") {
  if (const char* const missing = no_numa_calls()) return skip(missing);
  shared_memory<numa_linux_allocator> one{placement::prefer{.node = 0}};
  CHECK(one.create({.maximum = pages{4}, .initial = pages{4}}));
  shared_memory<numa_linux_allocator> none{placement::prefer{.node = node_set::capacity}};
  CHECK(code_of(none.create({.maximum = pages{4}})) == errc::invalid_argument);
}

/// MADV_COLLAPSE of each block of 2 MiB: the error that says that it cannot be one huge page, if there is one.
int refused_collapse(std::span<std::byte> run) {
  constexpr std::size_t huge = std::size_t{2} << 20;
  std::memset(run.data(), 1, run.size());
  for (std::size_t at = 0; at + huge <= run.size(); at += huge)
    if (const int n = calls::linux_kernel::madvise(run.data() + at, huge, calls::linux_kernel::advice_collapse);
        n == EINVAL)
      return n;
  return 0;
}

TEST_CASE("a shared memory of a typedef for huge pages can have them", "[shared]") {
  mirrored<huge_linux_allocator> other;
  REQUIRE(other.allocate(1));
  if (refused_collapse({other.data(), other.size()}) != 0) return skip("the kernel collapses no pages of files");
  shared_memory<huge_linux_allocator> one;
  REQUIRE(one.create({.maximum = pages{128}, .initial = pages{128}}));
  REQUIRE(one.size() >= std::size_t{4} << 20);
  CHECK(refused_collapse(one.bytes()) == 0);
}

TEST_CASE("a memory without a name is shared by its descriptor and cannot be cut off", "[shared]") {
  memory one, two, reader;
  REQUIRE(one.create({.maximum = pages{8}, .initial = pages{1}}));
  CHECK(one.never_shrinks());
  CHECK(::ftruncate(one.descriptor(), 0) == -1);
  REQUIRE(two.open(one.descriptor()));
  REQUIRE(reader.open(one.descriptor(), access::read));
  CHECK(two.descriptor() != one.descriptor());
  CHECK(two.grow(pages{1}));
  CHECK(reader.size() == 2 * page);
  CHECK(code_of(reader.grow(pages{1})) == errc::not_permitted);
  CHECK_FALSE(reader.is_writable());
  fill(one.bytes(), 5);
  one.close();
  CHECK(holds(reader.bytes(), 5));
  CHECK(shared_memory<posix_allocator>().create({.maximum = pages{1}}).error() ==
        error{errc::not_supported, step::reserve, ENOTSUP});
}

TEST_CASE("misuse of a shared memory is an error and changes nothing", "[shared]") {
  const own_name name;
  memory one, two;
  CHECK_FALSE(one.is_open());
  CHECK(one.bytes().empty());
  CHECK(code_of(one.grow(pages{0})) == errc::not_allocated);
  CHECK(code_of(one.create({.name = name})) == errc::invalid_argument);
  CHECK(code_of(one.create({.name = name, .maximum = pages{1}, .initial = pages{2}})) == errc::invalid_argument);
  CHECK(code_of(one.create({.maximum = pages{std::numeric_limits<std::uint64_t>::max()}})) == errc::limit_exceeded);
  CHECK(code_of(one.create({.maximum = pages{max_bytes / page}})) == errc::limit_exceeded);
  CHECK(code_of(one.open(name)) == errc::not_allocated);
  CHECK(code_of(one.open(static_cast<const char*>(nullptr))) == errc::not_allocated);
  CHECK(code_of(one.open(-1)) == errc::system);
  CHECK(code_of(memory::remove(name)) == errc::not_allocated);

  REQUIRE(one.create({.name = name, .maximum = pages{4}, .initial = pages{1}}));
  CHECK(code_of(one.create({.maximum = pages{4}})) == errc::already_allocated);
  CHECK(code_of(one.open(name)) == errc::already_allocated);
  CHECK(code_of(two.create({.name = name, .maximum = pages{4}})) == errc::already_allocated);
  CHECK(code_of(two.open(name, access::none)) == errc::invalid_argument);
  CHECK(code_of(two.open(name, access::read_execute)) == errc::invalid_argument);
  if constexpr (counts_4_kib)
    CHECK(code_of(shared_memory<typedef_in_small_units>().open(name)) == errc::invalid_argument);
  CHECK(two.open(name));  // what was refused has not removed it
  CHECK(two.size() == page);
  CHECK(memory::remove(name));
  CHECK(two.grow(pages{1}));
  CHECK(one.size() == 2 * page);
}

TEST_CASE("a populated view brings in what the memory holds already", "[shared]") {
  if (const char* const missing = no_populating()) return skip(missing);
  using view = shared_memory<linux_allocator::with_residency<residency::populated>>;
  shared_memory<> one;
  REQUIRE(one.create({.maximum = pages{8}, .initial = pages{4}}));
  view two, reader;
  REQUIRE(two.open(one.descriptor()));
  const std::size_t small = calls::linux_kernel::page_bytes();
  std::vector<std::uint64_t> words(two.size() / small);
  const int map = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  REQUIRE(map >= 0);
  const auto length = static_cast<ssize_t>(8 * words.size());
  const auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(two.data()) / small * 8);
  CHECK(::pread(map, words.data(), static_cast<std::size_t>(length), offset) == length);
  ::close(map);
  constexpr int present = 63;  // bit of an entry of /proc/self/pagemap
  for (const std::uint64_t word : words) CHECK(word >> present == 1);
  CHECK(reader.open(one.descriptor(), access::read).error() == error{errc::not_supported, step::populate, 0});
}

TEST_CASE("a shared memory can be moved", "[shared]") {
  memory one;
  REQUIRE(one.create({.maximum = pages{4}, .initial = pages{1}}));
  std::byte* const base = one.data();
  memory two(std::move(one));
  CHECK_FALSE(one.is_open());
  CHECK(two.data() == base);
  memory three;
  REQUIRE(three.create({.maximum = pages{2}}));
  three = std::move(two);
  CHECK(three.data() == base);
  CHECK(three.grow(pages{1}));
  CHECK(one.create({.maximum = pages{1}}));
  memory& same = three;
  three = std::move(same);
  CHECK(three.size() == 2 * page);
}

/// Objects that another process has made: a memfd with a header, or with something else.
class forged {
 public:
  explicit forged(std::size_t length) : fd_(static_cast<int>(::syscall(SYS_memfd_create, "forged", 2U))) {
    REQUIRE(::ftruncate(fd_, static_cast<off_t>(length)) == 0);
    bytes_ = static_cast<std::byte*>(::mmap(nullptr, header::contents, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
  }
  forged(std::size_t length, std::uint64_t maximum, std::uint64_t size) : forged(length) {
    at().publish(detail::object_kind::memory, page, maximum, size, {});
  }
  forged(const forged&) = delete;
  forged& operator=(const forged&) = delete;
  ~forged() {
    ::munmap(bytes_, header::contents);
    ::close(fd_);
  }
  [[nodiscard]] header& at() const { return header::at(bytes_); }
  [[nodiscard]] std::byte* bytes() const { return bytes_; }
  [[nodiscard]] int descriptor() const { return fd_; }
  void seal(int seals) const { REQUIRE(::fcntl(fd_, F_ADD_SEALS, seals) == 0); }
  [[nodiscard]] errc refusal() const { return code_of(memory().open(fd_)); }

 private:
  int fd_;
  std::byte* bytes_;
};

TEST_CASE("damaged and hostile objects are errors by name", "[shared]") {
  constexpr std::size_t whole = header::contents + 4 * page;
  REQUIRE(memory().open(forged(whole, 4 * page, 4 * page).descriptor()));

  CHECK(forged(0).refusal() == errc::damaged);
  CHECK(forged(4096).refusal() == errc::damaged);
  CHECK(forged(whole).refusal() == errc::damaged);
  CHECK(forged(whole - page, 4 * page, 4 * page).refusal() == errc::size_mismatch);
  CHECK(forged(header::bytes, 4 * page, page).refusal() == errc::size_mismatch);
  CHECK(forged(whole, 4 * page, 5 * page).refusal() == errc::damaged);
  CHECK(forged(whole, 4 * page, 1).refusal() == errc::damaged);
  CHECK(forged(whole, 4 * page, std::numeric_limits<std::uint64_t>::max()).refusal() == errc::damaged);
  CHECK(forged(whole, 4 * page + 1, page).refusal() == errc::damaged);
  CHECK(forged(whole, 0, 0).refusal() == errc::damaged);
  CHECK(forged(whole, std::numeric_limits<std::uint64_t>::max() / page * page, 0).refusal() == errc::limit_exceeded);
  CHECK(forged(whole, align_down(max_bytes / 8, page), 0).refusal() == errc::out_of_address_space);

  for (std::size_t bit = 0; bit < 5 * 64; ++bit) {  // what is written once
    const forged flipped(whole, 4 * page, page);
    flipped.bytes()[bit / 8] ^= std::byte(1U << bit % 8);
    CHECK(flipped.refusal() == errc::damaged);
  }
}

TEST_CASE("a FIFO in the place of an object is an error, and is not waited for", "[shared]") {
  const own_name name;
  const std::string fifo = std::string("/dev/shm") + static_cast<const char*>(name);
  if (::mkfifo(fifo.c_str(), 0600) != 0) return skip("objects lie elsewhere");
  const int ended = other_process([&] {
                      (void)::alarm(30);
                      const auto got = memory().open(name, access::read);
                      return !got && got.error().code == errc::damaged ? 0 : 1;
                    }).wait();
  (void)::unlink(fifo.c_str());
  CHECK(ended == 0);
}

TEST_CASE("a sealed object is refused where it cannot be used", "[shared]") {
  constexpr std::size_t whole = header::contents + 4 * page;
  const forged against_growth(whole, 8 * page, 4 * page);
  against_growth.seal(F_SEAL_GROW);
  memory one;
  REQUIRE(one.open(against_growth.descriptor()));
  CHECK(one.grow(pages{1}).error() == error{errc::not_permitted, step::commit, EPERM});
  CHECK(one.size() == 4 * page);

  const int fd = static_cast<int>(::syscall(SYS_memfd_create, "written", 2U));
  REQUIRE(fd >= 0);
  {
    std::vector<std::byte> image(whole);
    const forged from(whole, 8 * page, 4 * page);
    std::memcpy(image.data(), from.bytes(), header::bytes);
    REQUIRE(::write(fd, image.data(), whole) == static_cast<ssize_t>(whole));
  }
  REQUIRE(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
  CHECK(memory().open(fd).error() == error{errc::not_permitted, step::reserve, EPERM});
  ::close(fd);
}

TEST_CASE("a size that is overwritten while the memory is open never leads beyond the capacity", "[shared]") {
  const forged object(header::contents + 4 * page, 4 * page, page);
  memory one;
  REQUIRE(one.open(object.descriptor()));
  for (const std::uint64_t lie :
       {std::uint64_t{5 * page}, std::numeric_limits<std::uint64_t>::max(), std::uint64_t{page + 1}}) {
    object.at().recover(lie, {});
    CHECK(one.size() <= one.capacity());
    CHECK(one.size() % page == 0);
    CHECK(code_of(one.grow(pages{1})) == errc::damaged);
  }
}

TEST_CASE("beyond both ends of a shared memory are guards and beyond its object nothing yet", "[shared]") {
  test_environment::run_isolated("bounds", [] {
    memory one;
    check(one.create({.maximum = pages{4}, .initial = pages{1}}).has_value(), "create");
    using env = test_environment;
    env::expect_fault({one.data() + one.capacity(), 1}, touch::write, fault::accerr,
                      [&] { std::memset(one.data() + one.capacity(), 1, 1); });
    const auto missing =
        catch_fault([](void* p) { std::memset(static_cast<memory*>(p)->data() + 2 * page, 1, 1); }, &one);
    check(missing.signal == SIGBUS, "what no growth has brought raises SIGBUS");
    check(one.grow(pages{3}).has_value(), "grow");
    std::memset(one.data() + 2 * page, 1, 1);
  });
}

TEST_CASE("a child process shares the memory unless the typedef excludes that", "[shared]") {
  memory one;
  REQUIRE(one.create({.maximum = pages{4}, .initial = pages{1}}));
  CHECK(other_process([&] {
          one.data()[0] = std::byte{9};
          return one.grow(pages{2}) ? 0 : 1;
        }).wait() == 0);
  CHECK(one.size() == 3 * page);
  CHECK(one.data()[0] == std::byte{9});

  shared_memory<linux_allocator::with_residency<residency::not_inherited>> excluded;
  REQUIRE(excluded.create({.maximum = pages{4}, .initial = pages{1}}));
  const int ended = other_process([&] {
                      (void)std::signal(SIGSEGV, SIG_DFL);
                      excluded.data()[0] = std::byte{9};
                      return 0;
                    }).wait();
  CHECK((ended == -SIGSEGV || address_sanitizer || thread_sanitizer));
  CHECK(excluded.data()[0] == std::byte{0});
}

TEST_CASE("limits of the process are errors of a shared memory", "[shared]") {
  if (address_sanitizer || thread_sanitizer) return skip("sanitizers need address space and files of their own");
  const auto limited = [](int which, rlim_t most, auto f) {
    test_environment::run_isolated("limited", [=] {
      memory one;
      check(one.create({.maximum = pages{64}, .initial = pages{1}}).has_value(), "create");
      const rlimit limit{most, most};
      check(::setrlimit(static_cast<decltype(RLIMIT_AS)>(which), &limit) == 0, "setrlimit");
      f(one);
    });
  };
  limited(RLIMIT_FSIZE, header::contents + 2 * page, [](memory& one) {
    check(one.grow(pages{1}).has_value(), "up to the limit");
    check(one.grow(pages{1}).error() == error{errc::limit_exceeded, step::commit, EFBIG}, "no signal at the limit");
    check(one.size() == 2 * page, "nothing has changed");
  });
  limited(RLIMIT_AS, 1, [](memory& one) {
    check(one.grow(pages{8}).has_value(), "growth takes no address space");
    memory two;
    check(!two.open(one.descriptor()), "a second view does");
    check(!two.is_open(), "and leaves nothing");
  });
  limited(RLIMIT_NOFILE, 3, [](memory&) {
    memory two;
    check(two.create({.maximum = pages{1}}).error() == error{errc::system, step::reserve, EMFILE}, "no descriptor");
  });
  test_environment::run_isolated("locked", [] {
    if (::mlockall(MCL_FUTURE) != 0) return report_skip("mlockall is refused");
    memory one;
    const auto made = one.create({.maximum = pages{16}, .initial = pages{1}});
    if (!made) return check(made.error().code == errc::out_of_memory, "only for lack of lockable memory");
    check(one.grow(pages{2}).has_value(), "a process that locks all its mappings");
    fill(one.bytes(), 1);
  });
}

TEST_CASE("threads that grow a shared memory at once get pages of their own", "[shared][threads]") {
  constexpr int many = 4, times = 50;
  memory one;
  REQUIRE(one.create({.maximum = pages{many * times}}));
  std::array<std::vector<std::size_t>, many> got;
  std::atomic<bool> well{true}, done{false};
  std::thread reader([&] {
    for (std::size_t last = 0; !done;) {
      const auto now = one.bytes();
      if (now.size() < last || (!now.empty() && now.back() == std::byte{255})) well = false;
      last = now.size();
    }
  });
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < many; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < times; ++n) {
        const auto grown = one.grow(pages{1});
        if (!grown) return void(well = false);
        got[i].push_back(static_cast<std::size_t>(grown->n));
      }
    });
  for (auto& t : threads) t.join();
  done = true;
  reader.join();
  CHECK(well);
  CHECK(one.size() == many * times * page);
  std::vector<bool> taken(many * times);
  for (const auto& each : got)
    for (const std::size_t at : each) {
      CHECK_FALSE(taken[at]);
      taken[at] = true;
    }
}

}  // namespace
}  // namespace quire::test
