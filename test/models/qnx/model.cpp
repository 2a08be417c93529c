// SPDX-License-Identifier: BSL-1.0
// The model refuses what QNX refuses, above all the constants of another system, so that a store over it is held to
// QNX's rules.
#include <cerrno>
#include <cstdint>

#include <quire/calls/qnx.hpp>
#include <quire/units.hpp>

#include "models/qnx/model/model.hpp"
#include "models/qnx/model/numbers.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {

namespace q = qnx_model;
using kernel = calls::qnx;

// The header set agrees with the constants of the model, which are written down separately.
static_assert(PROT_NONE == q::prot_none && PROT_READ == q::prot_read && PROT_WRITE == q::prot_write &&
              PROT_EXEC == q::prot_exec && PROT_NOCACHE == q::prot_nocache);
static_assert(MAP_SHARED == q::map_shared && MAP_PRIVATE == q::map_private && MAP_FIXED == q::map_fixed &&
              MAP_LAZY == q::map_lazy && MAP_STACK == q::map_stack && MAP_BELOW == q::map_below &&
              MAP_NOINIT == q::map_noinit && MAP_PHYS == q::map_phys && MAP_ANON == q::map_anon && MAP_NORESERVE == 0);
static_assert(POSIX_MADV_DISCARD_NP == q::advice_discard && POSIX_TYPED_MEM_ALLOCATE == q::typed_allocate &&
              POSIX_TYPED_MEM_ALLOCATE_CONTIG == q::typed_allocate_contiguous);
static_assert(RLIMIT_DATA == q::limit_data && RLIMIT_AS == q::limit_address_space &&
              RLIMIT_MEMLOCK == q::limit_locked && RLIM_INFINITY == q::unlimited &&
              _SC_PAGESIZE == q::sysconf_page_size);
static_assert(ENXIO == q::e_no_object && EBADF == q::e_bad_object && EADDRNOTAVAIL == q::e_not_available);

constexpr std::size_t room = 128_KiB;
constexpr int usable = kernel::prot_read | kernel::prot_write;

calls::mapping reserved() { return kernel::mmap(nullptr, room, kernel::prot_none, kernel::map_reservation); }

TEST_CASE("the model of QNX refuses the constants of Linux") {
  q::boot({});
  constexpr int linux_read = 1, linux_write = 2, linux_anonymous = 0x20;
  CHECK(kernel::mmap(nullptr, room, linux_read | linux_write, kernel::map_reservation).error == EINVAL);
  CHECK(kernel::mmap(nullptr, room, usable, MAP_PRIVATE | linux_anonymous).error == EINVAL);
  const auto got = reserved();
  REQUIRE(got.error == 0);
  CHECK(kernel::mprotect(got.address, room, linux_read | linux_write) == EINVAL);
  CHECK(kernel::madvise(got.address, room, 23) == EINVAL);  // MADV_POPULATE_WRITE
  CHECK(::sysconf(30) == -1);                               // _SC_PAGESIZE
  unsigned long long soft = 0;
  CHECK(kernel::read_limit(9, soft) == EINVAL);  // RLIMIT_AS
  CHECK(kernel::munmap(got.address, room) == 0);
}

TEST_CASE("the model of QNX returns the documented errors") {
  q::boot({.page = 16_KiB});
  const auto map = [](int protection, int flags) { return kernel::mmap(nullptr, room, protection, flags).error; };
  CHECK(map(usable, MAP_ANON) == EINVAL);                             // neither shared nor private
  CHECK(map(usable, MAP_ANON | MAP_SHARED | MAP_PRIVATE) == EINVAL);  // or both of them
  CHECK(map(usable, MAP_PRIVATE) == EBADF);                           // no object is given
  CHECK(map(usable, MAP_PRIVATE | MAP_ANON | MAP_LAZY | MAP_PHYS) == EINVAL);
  // The system reports MAP_SYSRAM; a caller must not request it.
  CHECK(map(usable, MAP_PRIVATE | MAP_ANON | 0x01000000) == EINVAL);
  CHECK(map(PROT_EXEC, MAP_PRIVATE | MAP_ANON) == EPERM);
  CHECK(kernel::mmap(nullptr, 0, usable, kernel::map_reservation).error == EINVAL);
  CHECK(kernel::mmap(nullptr, std::size_t{1} << 50, PROT_NONE, kernel::map_reservation).error == ENOMEM);
  CHECK(kernel::mmap_object(nullptr, room, usable, MAP_PRIVATE | MAP_ANON, 0, 0).error == EINVAL);

  const auto got = reserved();
  REQUIRE(got.error == 0);
  auto* const p = static_cast<std::byte*>(got.address);
  CHECK(reinterpret_cast<std::uintptr_t>(p) % 16_KiB == 0);
  CHECK(kernel::mmap(p + 4096, 16_KiB, usable, kernel::map_reservation | MAP_FIXED).error == EINVAL);
  CHECK((kernel::mprotect(p + 4096, 16_KiB, usable) == EINVAL && kernel::munmap(p + 4096, 16_KiB) == EINVAL));
  CHECK((kernel::mprotect(p, 2 * room, usable) == ENOMEM && kernel::mprotect(p, room, PROT_EXEC) == EACCES));
  CHECK((kernel::madvise(p, 0, 0) == EINVAL && kernel::madvise(p, 2 * room, 0) == ENOMEM));
  CHECK(kernel::mlock(p, room) == ENOMEM);  // no memory is behind it
  CHECK(kernel::mprotect(p, room, usable) == 0);
  CHECK(kernel::mlock(p, room) == 0);
  CHECK(kernel::munmap(p, room) == 0);
}

TEST_CASE("the model of QNX takes and returns memory as QNX documents") {
  q::boot({.ram = 256_KiB});
  const auto got = reserved();
  REQUIRE(got.error == 0);
  auto* const p = static_cast<std::byte*>(got.address);
  CHECK(q::used().ram == 0);
  CHECK(kernel::mprotect(p, room, usable) == 0);
  CHECK(q::used().ram == room);
  CHECK((kernel::mprotect(p, room, PROT_NONE) == 0 && q::used().ram == room));  // removing access returns no memory
  CHECK(kernel::madvise(p, room, POSIX_MADV_DONTNEED) == 0);                    // only advice
  CHECK(kernel::mprotect(p, room, usable) == 0);
  p[0] = std::byte{7};
  CHECK((kernel::madvise(p, room, POSIX_MADV_DISCARD_NP) == 0 && p[0] == std::byte{7}));  // the mapping is not lazy
  CHECK(kernel::mmap(p, 64_KiB, PROT_NONE, kernel::map_reservation | MAP_FIXED).error == 0);
  CHECK(q::used().ram == 64_KiB);
  const auto lazy = kernel::mmap(nullptr, 1_MiB, usable, kernel::map_reservation | MAP_LAZY);
  REQUIRE(lazy.error == 0);  // more than the machine has
  auto* const touched = static_cast<std::byte*>(lazy.address);
  touched[0] = std::byte{8};
  CHECK((kernel::madvise(touched, 4096, POSIX_MADV_DISCARD_NP) == 0 && touched[0] == std::byte{}));
  CHECK((kernel::munmap(touched, 1_MiB) == 0 && kernel::munmap(p, room) == 0));
  CHECK(q::used() == q::usage{});
}

TEST_CASE("mprotect that runs out of memory on QNX has changed a part of the range") {
  q::boot({.ram = 64_KiB});
  const auto got = reserved();
  REQUIRE(got.error == 0);
  auto* const p = static_cast<std::byte*>(got.address);
  CHECK(kernel::mprotect(p, room, usable) == ENOMEM);
  CHECK(q::used().ram == 64_KiB);
  p[64_KiB - 1] = std::byte{1};
  CHECK((kernel::munmap(p, room) == 0 && q::used() == q::usage{}));
}

TEST_CASE("before SDP 8 every mapping that is not lazy takes memory at once") {
  q::boot({.release = 710, .ram = 64_KiB});
  CHECK(reserved().error == ENOMEM);
  const auto lazy = kernel::mmap(nullptr, room, PROT_NONE, kernel::map_reservation | MAP_LAZY);
  REQUIRE(lazy.error == 0);
  CHECK(kernel::mlock(lazy.address, room) == ENOMEM);  // the range has no access
  REQUIRE(kernel::mprotect(lazy.address, room, usable) == 0);
  CHECK(kernel::mlock(lazy.address, room) == EAGAIN);
  CHECK(kernel::munmap(lazy.address, room) == 0);
}

TEST_CASE("shared memory on QNX exists while its object is open or mapped") {
  q::boot({.ram = 256_KiB});
  const int object = kernel::new_memory_object();
  REQUIRE(object >= 0);
  const auto map = [&](std::size_t bytes, std::size_t at) {
    return kernel::mmap_object(nullptr, bytes, usable, MAP_SHARED, object, at);
  };
  CHECK(map(64_KiB, 0).error == ENXIO);  // the object has no memory yet
  CHECK((kernel::fill_memory_object(object, 512_KiB) == ENOMEM && q::used().ram == 0));
  CHECK((kernel::fill_memory_object(object, room) == 0 && q::used().ram == room));
  CHECK(kernel::fill_memory_object(object, 64_KiB) == EPERM);  // the object's layout is sealed
  CHECK((kernel::fill_memory_object(object + 1, room) == EBADF && ::shm_ctl(object, SHMCTL_ANON | 2, 0, room) == -1));
  CHECK(::shm_open("/named", O_RDWR, 0600) == -1);
  CHECK((map(room, 64_KiB).error == ENXIO && map(room, room).error == ENXIO));
  const auto all = map(room, 0), half = map(64_KiB, 64_KiB);
  REQUIRE((all.error == 0 && half.error == 0));
  auto *const a = static_cast<std::byte*>(all.address), *const b = static_cast<std::byte*>(half.address);
  CHECK(a[64_KiB] != std::byte{});  // QNX does not document that it is zero
  a[64_KiB] = std::byte{7};
  CHECK((b[0] == std::byte{7} && kernel::mlock(a, room) == 0));
  CHECK((kernel::mprotect(b, 64_KiB, PROT_NONE) == 0 && q::used().ram == room));
  kernel::close(object);
  CHECK((kernel::munmap(a, room) == 0 && q::used().ram == room));
  CHECK((kernel::munmap(b, 64_KiB) == 0 && q::used() == q::usage{}));
}

TEST_CASE("typed memory is not zeroed, and a name matches whole trailing components") {
  q::boot({.pools = {{"/memory/ram/video", 256_KiB}}});
  for (const char* name : {"video", "ram/video", "/memory/ram/video"}) {
    const int pool = kernel::open_typed_memory(name, kernel::typed_scattered);
    REQUIRE(pool >= 0);
    const auto got = kernel::mmap_object(nullptr, 64_KiB, usable, MAP_SHARED, pool, 0);
    REQUIRE(got.error == 0);
    CHECK(*static_cast<std::byte*>(got.address) != std::byte{});
    CHECK(kernel::mmap_object(nullptr, 64_KiB, usable, MAP_SHARED, pool, 64_KiB).error == ENXIO);
    CHECK(kernel::mmap_object(nullptr, 512_KiB, usable, MAP_SHARED, pool, 0).error == ENOMEM);
    CHECK((kernel::munmap(got.address, 64_KiB) == 0 && q::room_in("/memory/ram/video") == 256_KiB));
    kernel::close(pool);
  }
  CHECK(kernel::open_typed_memory("/video", kernel::typed_scattered) == -ENOENT);
  CHECK(kernel::open_typed_memory("video", kernel::typed_scattered | kernel::typed_contiguous) == -EINVAL);
  CHECK(q::used() == q::usage{});
}

}  // namespace quire::test
