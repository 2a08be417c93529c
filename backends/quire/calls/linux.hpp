// SPDX-License-Identifier: BSL-1.0
#pragma once
// The system calls of Linux beyond POSIX's, one function each, and the kernel's constants. Each returns 0 or errno,
// unless stated otherwise. Calls newer than the C library of the oldest supported distribution are made by number.
#include <algorithm>
#include <boost/config.hpp>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/calls/generated_code.hpp>
#include <quire/calls/linux/affinity.hpp>
#include <quire/calls/linux/keys.hpp>
#include <quire/calls/linux/mte.hpp>
#include <quire/calls/linux/objects.hpp>
#include <quire/calls/linux/probing.hpp>
#include <quire/calls/linux/reuse.hpp>
#include <quire/calls/memory_sanitizer.hpp>
#include <quire/calls/posix.hpp>
#include <quire/calls/posix/results.hpp>

namespace quire::calls {

struct linux_kernel : posix,
                      linux_tags,
                      linux_keys,
                      linux_probing,
                      linux_objects,
                      linux_reuse,
                      linux_affinity,
                      generated_code {
  using linux_objects::allocate_in_file;
  static constexpr int map_reservation = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  static constexpr int map_where_free = 0x100000;  // MAP_FIXED_NOREPLACE, Linux 4.17
  static constexpr int map_hugetlb = MAP_HUGETLB, map_huge_shift = MAP_HUGE_SHIFT;

  // Numbers of include/uapi/asm-generic/mman-common.h; some C libraries lack the later ones.
  static constexpr int advice_discard = MADV_DONTNEED;
  static constexpr int advice_discard_locked = 24;  // MADV_DONTNEED_LOCKED, Linux 5.18
  static constexpr int advice_populate_read = 22;   // MADV_POPULATE_READ, Linux 5.14
  static constexpr int advice_populate_write = 23;  // MADV_POPULATE_WRITE, Linux 5.14
  static constexpr int advice_collapse = 25;        // MADV_COLLAPSE, Linux 6.1
  static constexpr int advice_remove = MADV_REMOVE;
  static constexpr int advice_huge = MADV_HUGEPAGE, advice_no_huge = MADV_NOHUGEPAGE;
  static constexpr int advice_no_dump = MADV_DONTDUMP, advice_no_fork = MADV_DONTFORK;
  static constexpr int advice_install_guard = 102, advice_remove_guard = 103;  // MADV_GUARD_*, Linux 6.13

  // Numbers of include/uapi/linux/mempolicy.h, which does not compile after libnuma's <numaif.h>.
  static constexpr int numa_default = 0, numa_prefer = 1, numa_bind = 2, numa_interleave = 3, numa_local = 4;
  static constexpr int numa_weighted_interleave = 6;                                  // Linux 6.9
  static constexpr unsigned long numa_of_address = 1 << 1, numa_of_process = 1 << 2;  // MPOL_F_ADDR, _MEMS_ALLOWED

  // x86 has one page size. Elsewhere the kernel was configured with one of 4 to 64 KiB, and only it knows which.
#if defined(__x86_64__) || defined(__i386__)
  static constexpr std::size_t largest_page = 4096;
  static constexpr std::size_t page_bytes() noexcept { return largest_page; }
#else
  static constexpr std::size_t largest_page = 65536;
  static std::size_t page_bytes() noexcept { return ::getauxval(AT_PAGESZ); }
#endif

  BOOST_FORCEINLINE static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    const int n = error_of(::madvise(p, bytes, advice));
    if (n == 0 && (advice == advice_discard || advice == advice_discard_locked))
      detail::initialised_by_kernel(p, bytes);
    return n;
  }
  BOOST_FORCEINLINE static int mlock(const void* p, std::size_t bytes) noexcept { return error_of(::mlock(p, bytes)); }
  static int mlock_on_fault(const void* p, std::size_t bytes) noexcept {
    constexpr unsigned on_fault = 1;  // MLOCK_ONFAULT, Linux 4.4
    return error_of(::syscall(SYS_mlock2, p, bytes, on_fault));
  }
  /// Whether a part of the run is locked: msync(MS_INVALIDATE) then fails with EBUSY, and has no other effect on Linux.
  static bool is_locked(const void* p, std::size_t bytes) noexcept {
    return ::msync(const_cast<void*>(p), bytes, MS_INVALIDATE) != 0 && errno == EBUSY;
  }
  BOOST_FORCEINLINE static int munlock(const void* p, std::size_t bytes) noexcept {
    return error_of(::munlock(p, bytes));
  }

  /// `nodes` is the number of bits in the mask. The kernel reads one bit less than it is told (mbind(2), BUGS).
  BOOST_FORCEINLINE static int mbind(void* p, std::size_t bytes, int mode, const unsigned long* mask,
                                     unsigned long nodes) noexcept {
    return error_of(::syscall(SYS_mbind, p, bytes, static_cast<long>(mode), mask, nodes + 1, 0UL));
  }
  static int get_mempolicy(int* mode, unsigned long* mask, unsigned long nodes, const void* p,
                           unsigned long flags) noexcept {
    constexpr unsigned long bits = 8 * sizeof *mask;
    if (mode != nullptr) *mode = 0;
    if (mask != nullptr) std::fill_n(mask, (nodes + bits - 1) / bits, 0UL);
    return error_of(::syscall(SYS_get_mempolicy, mode, mask, nodes + 1, p, flags));
  }
  /// Queries where pages lie: `status` receives a node, or a negative errno, for each page.
  static int query_pages(unsigned long count, void* const* pages, int* status) noexcept {
    std::fill_n(status, count, -no_entry);
    return error_of(::syscall(SYS_move_pages, 0, count, pages, nullptr, status, 0));
  }
  static int name_mapping(void* p, std::size_t bytes, const char* text) noexcept {
    constexpr unsigned long set_vma = 0x53564d41, anon_name = 0;  // PR_SET_VMA, PR_SET_VMA_ANON_NAME: Linux 5.17
    return error_of(::prctl(static_cast<int>(set_vma), anon_name, p, bytes, text));
  }
  static int mseal(void* p, std::size_t bytes) noexcept {
    constexpr long number = 462;  // the same on all architectures, Linux 6.10
    return error_of(::syscall(number, p, bytes, 0UL));
  }

  /// Returns a descriptor, or a negative errno. The C library's own functions are cancellation points, which adds
  /// unwind tables to programs that allocate.
  static int open_to_read(const char* path) noexcept {
    return static_cast<int>(number_of(::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)));
  }
  /// Returns the bytes read, 0 at the end, or a negative errno.
  static long read(int fd, void* buffer, std::size_t bytes) noexcept { return number_of(::read(fd, buffer, bytes)); }
  static void close(int fd) noexcept { (void)::syscall(SYS_close, fd); }
};

}  // namespace quire::calls
