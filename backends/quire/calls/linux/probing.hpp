#pragma once
// System calls of Linux for detection. Each returns 0 or errno, unless stated otherwise.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace quire::calls {

struct linux_probing {
  static constexpr int no_entry = ENOENT, no_ioctl = ENOTTY, no_space = ENOSPC;

  /// Reports for each page whether it is resident, in the lowest bit of a byte.
  static int mincore(void* p, std::size_t bytes, unsigned char* there) noexcept {
    return ::mincore(p, bytes, there) == 0 ? 0 : errno;
  }
  /// Returns the bytes read, or a negative errno.
  static long read_at(int fd, void* buffer, std::size_t bytes, std::uint64_t offset) noexcept {
    const long n = ::pread(fd, buffer, bytes, static_cast<off_t>(offset));
    return n >= 0 ? n : -static_cast<long>(errno);
  }

  /// The inode number of an open file; 0 or errno.
  static int file_number(int fd, std::uint64_t& number) noexcept {
    struct stat told;
    if (::fstat(fd, &told) != 0) return errno;
    number = told.st_ino;
    return 0;
  }
  static constexpr int huge_disabled = 1, huge_except_advised = 2;  // the latter since Linux 6.18
  /// Whether transparent huge pages are disabled for this process: these bits, or a negative errno.
  static int huge_pages_switched_off() noexcept {
    const int n = ::prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL);
    return n >= 0 ? n : -errno;
  }

  struct scanned_run {
    std::uint64_t begin, end, categories;
  };
  /// PAGEMAP_SCAN of Linux 6.7, on /proc/self/pagemap: finds runs of pages that are in memory or swapped out, neither
  /// the zero page nor a file's, and written to. Returns the number of runs, at most 1, or a negative errno.
  static long scan_written_pages(int fd, std::uint64_t begin, std::uint64_t end, scanned_run& first) noexcept {
    struct {  // include/uapi/linux/fs.h; not in every C library's headers
      std::uint64_t size, flags, begin, end, walked_to, runs, most_runs, most_pages;
      std::uint64_t inverted, all_of, any_of, told;
    } scan{};
    first = {};
    constexpr std::uint64_t written = 2, of_file = 4, present = 8, swapped = 16, zero_page = 32;
    scan.size = sizeof scan;
    scan.begin = begin;
    scan.end = end;
    scan.runs = reinterpret_cast<std::uintptr_t>(&first);
    scan.most_runs = 1;
    scan.inverted = of_file | zero_page;
    scan.all_of = written | of_file | zero_page;
    scan.any_of = present | swapped;
    scan.told = present | swapped;
    const long n = ::ioctl(fd, _IOWR('f', 16, decltype(scan)), &scan);
    return n >= 0 ? n : -static_cast<long>(errno);
  }
  /// Returns a key that denies access, as unallocated keys do, or a negative errno. Linux 4.9.
  static long allocate_key() noexcept {
    constexpr unsigned long denying_access = 1;
    const long key = ::syscall(SYS_pkey_alloc, 0UL, denying_access);
    return key >= 0 ? key : -static_cast<long>(errno);
  }
  static int free_key(long key) noexcept { return ::syscall(SYS_pkey_free, key) == 0 ? 0 : errno; }
};

}  // namespace quire::calls
