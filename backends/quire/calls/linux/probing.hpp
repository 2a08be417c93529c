// SPDX-License-Identifier: BSL-1.0
#pragma once
// System calls of Linux for detection. Each returns 0 or errno, unless stated otherwise.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/calls/posix/results.hpp>

namespace quire::calls {

struct linux_probing {
  static constexpr int no_ioctl = ENOTTY;
  static constexpr int limit_stack = RLIMIT_STACK;

  /// Reports for each page whether it is resident, in the lowest bit of a byte.
  static int mincore(void* p, std::size_t bytes, unsigned char* there) noexcept {
    return error_of(::mincore(p, bytes, there));
  }
  /// Returns the bytes read, or a negative errno.
  static long read_at(int fd, void* buffer, std::size_t bytes, std::uint64_t offset) noexcept {
    return number_of(::pread(fd, buffer, bytes, static_cast<off_t>(offset)));
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
  static int huge_pages_switched_off() noexcept { return number_of(::prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL)); }

  struct scanned_run {
    std::uint64_t begin, end, categories;
  };
  /// PAGEMAP_SCAN of Linux 6.7, on /proc/self/pagemap: finds runs of pages that are in memory or swapped out, and not
  /// the zero page; `private_only`: nor of a file, which costs 20 ns more for each page in memory. Returns the number
  /// of runs, which are all up to `end_of_scan`, or a negative errno. (The kernel's category of written pages would
  /// leave out those that userfaultfd has protected since they were written.)
  static long scan_dirty_pages(int fd, std::uint64_t begin, std::uint64_t end, bool private_only,
                               std::span<scanned_run> found, std::uint64_t& end_of_scan) noexcept {
    const std::uint64_t without = page_category::zero_page | (private_only ? page_category::of_file : 0);
    return scan(fd, begin, end, found, without, 0, end_of_scan);
  }
  /// A word of /proc/self/pagemap for each page from `begin` on. 0 or errno.
  static int read_page_words(int fd, std::uint64_t begin, std::size_t page, std::span<std::uint64_t> words) noexcept {
    const long n = read_at(fd, words.data(), words.size_bytes(), begin / page * sizeof(std::uint64_t));
    if (n < 0) return static_cast<int>(-n);
    return static_cast<std::size_t>(n) == words.size_bytes() ? 0 : ENOENT;
  }
  /// What such a word tells: whether its page is in memory or swapped out; `private_only`: and of no file. The word of
  /// the zero page looks like that of any other page, and before Linux 6.11 that of a file's huge page like that of a
  /// private one. A huge page of a pool is missing while the kernel moves it.
  static constexpr bool is_there(std::uint64_t word, bool private_only) noexcept {
    constexpr std::uint64_t present = std::uint64_t{1} << 63, swapped = std::uint64_t{1} << 62,
                            of_file = std::uint64_t{1} << 61;
    return (word & (present | swapped)) != 0 && (!private_only || (word & of_file) == 0);
  }
  /// The first run of pages that are written to, and of no file. Returns the number of runs, at most 1, or a
  /// negative errno.
  static long scan_written_pages(int fd, std::uint64_t begin, std::uint64_t end, scanned_run& first) noexcept {
    std::uint64_t unused = 0;
    first = {};
    return scan(fd, begin, end, {&first, 1}, page_category::of_file | page_category::zero_page, page_category::written,
                unused);
  }

 private:
  struct page_category {  // PAGE_IS_* of include/uapi/linux/fs.h, which not every C library's headers have
    static constexpr std::uint64_t written = 2, of_file = 4, present = 8, swapped = 16, zero_page = 32;
  };
  static long scan(int fd, std::uint64_t begin, std::uint64_t end, std::span<scanned_run> found, std::uint64_t without,
                   std::uint64_t with, std::uint64_t& end_of_scan) noexcept {
    struct {  // struct pm_scan_arg
      std::uint64_t size, flags, begin, end, walked_to, runs, most_runs, most_pages;
      std::uint64_t inverted, all_of, any_of, told;
    } request{};
    request.size = sizeof request;
    request.begin = begin;
    request.end = end;
    request.runs = reinterpret_cast<std::uintptr_t>(found.data());
    request.most_runs = found.size();
    request.inverted = without;
    request.all_of = with | without;
    request.any_of = page_category::present | page_category::swapped;
    request.told = page_category::present | page_category::swapped;
    const long n = number_of(::ioctl(fd, _IOWR('f', 16, decltype(request)), &request));
    end_of_scan = request.walked_to;
    return n;
  }
};

}  // namespace quire::calls
