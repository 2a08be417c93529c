// SPDX-License-Identifier: BSL-1.0
#pragma once
// Finds the pages of anonymous memory that were written: PAGEMAP_SCAN of Linux 6.7, and before it the words of
// /proc/self/pagemap.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include <quire/store.hpp>
#include <quire/store/reuse.hpp>

namespace quire::backing::detail {

/// A descriptor of /proc/self/pagemap describes the process that opened it, in a child process too: a child that used
/// its parent's would leave written pages unfound. So the descriptor lies in a page that the kernel wipes in a child,
/// which then opens its own. That of the parent stays open in the child.
///
/// The state is read and written by the compilers' own atomic operations: with std::atomic, whose header brings
/// std::string, the whole platform header would take a third more time to compile.
template <class Calls>
class linux_dirty_scan {
  enum : int { wiped, opening, ready };
  struct shared_descriptor {
    int state;
    int number;
  };

 public:
  struct dirty_scanner {
    shared_descriptor* shared = nullptr;
    bool reads_words = false;  // PAGEMAP_SCAN is not there, or refused
  };

  /// mmap, mprotect, madvise(MADV_WIPEONFORK), openat, and a scan of two pages: one that is written, and one that is
  /// not. Fails with EACCES in a process that may not read its own page map, since it has changed its identity and is
  /// not dumpable.
  static int open_scanner(dirty_scanner& scanner) noexcept {
    const std::size_t page = Calls::page_bytes();
    const auto got = Calls::mmap(nullptr, 2 * page, Calls::prot_none, Calls::map_reservation);
    if (got.error != 0) return got.error;
    int n = Calls::mprotect(got.address, page, Calls::prot_read | Calls::prot_write);
    if (n == 0) n = Calls::madvise(got.address, page, Calls::advice_wipe_on_fork);
    const int number = n == 0 ? Calls::open_to_read("/proc/self/pagemap") : -n;
    if (number < 0) {
      (void)Calls::munmap(got.address, 2 * page);
      return -number;
    }
    scanner = {new (got.address) shared_descriptor{ready, number}};
    n = sees_what_is_written(scanner);
    if (n != 0) {
      scanner.reads_words = true;
      n = sees_what_is_written(scanner);
    }
    if (n != 0) close_scanner(scanner);
    return n;
  }
  static void close_scanner(dirty_scanner& scanner) noexcept {
    if (scanner.shared == nullptr) return;
    if (scanner.shared->state == ready) Calls::close(scanner.shared->number);
    (void)Calls::munmap(scanner.shared, 2 * Calls::page_bytes());
    scanner.shared = nullptr;
  }
  /// ioctl(PAGEMAP_SCAN), or pread for each 2 MiB; in a child process the first time also openat. While another thread
  /// opens it there, the scan fails. Without PAGEMAP_SCAN it also fails beyond 64 MiB, where reading the words would
  /// take longer than to fault some pages in again.
  static scan_result scan_dirty(const dirty_scanner& scanner, page_run run, std::span<page_run> found) noexcept {
    return scan(scanner, run, false, found);
  }
  /// As scan_dirty, and asks for pages of no file.
  static scan_result scan_private(const dirty_scanner& scanner, page_run run, std::span<page_run> found) noexcept {
    return scan(scanner, run, true, found);
  }

 private:
  // A word takes 4 to 5 ns, and a page that is faulted in again 1.3 us (Linux 6.18, Zen 4).
  static constexpr std::size_t most_read = std::size_t{64} << 20;

  static int sees_what_is_written(const dirty_scanner& scanner) noexcept {
    const page_run both{reinterpret_cast<std::byte*>(scanner.shared), 2 * Calls::page_bytes()};
    page_run found[2];
    const scan_result seen = scan_by(scanner, scanner.shared->number, both, false, found);
    if (seen.native != 0) return seen.native;
    return seen.runs == 1 && found[0].base == both.base && found[0].bytes == both.bytes / 2 ? 0 : Calls::unsupported;
  }
  BOOST_FORCEINLINE static scan_result scan(const dirty_scanner& scanner, page_run run, bool private_only,
                                            std::span<page_run> found) noexcept {
    if (scanner.shared == nullptr) return {0, nullptr, Calls::unsupported};
    shared_descriptor& shared = *scanner.shared;
    if (__atomic_load_n(&shared.state, __ATOMIC_ACQUIRE) != ready) [[unlikely]]
      if (const int n = open(shared)) return {0, nullptr, n};
    return scan_by(scanner, shared.number, run, private_only, found);
  }
  BOOST_FORCEINLINE static scan_result scan_by(const dirty_scanner& scanner, int number, page_run run,
                                               bool private_only, std::span<page_run> found) noexcept {
    return scanner.reads_words ? read_words(number, run, private_only, found) : ask(number, run, private_only, found);
  }
  BOOST_FORCEINLINE static scan_result ask(int number, page_run run, bool private_only,
                                           std::span<page_run> found) noexcept {
    constexpr std::size_t most_runs = 64;
    typename Calls::scanned_run runs[most_runs];
    const auto begin = reinterpret_cast<std::uintptr_t>(run.base);
    std::uint64_t end = 0;
    const long n = Calls::scan_dirty_pages(number, begin, begin + run.bytes, private_only,
                                           std::span(runs, std::min(found.size(), most_runs)), end);
    if (n < 0) return {0, nullptr, static_cast<int>(-n)};
    const auto count = static_cast<std::size_t>(n);
    for (std::size_t i = 0; i < count; ++i)
      found[i] = {run.base + (runs[i].begin - begin), static_cast<std::size_t>(runs[i].end - runs[i].begin)};
    return {count, run.base + (end - begin), 0};
  }
  BOOST_NOINLINE static scan_result read_words(int number, page_run run, bool private_only,
                                               std::span<page_run> found) noexcept {
    if (run.bytes > most_read) return {0, nullptr, Calls::unsupported};
    std::uint64_t words[512];
    const std::size_t page = Calls::page_bytes();
    std::size_t runs = 0;
    for (std::size_t from = 0; from < run.bytes; from += std::size(words) * page) {
      const std::size_t count = std::min(std::size(words), (run.bytes - from + page - 1) / page);
      const auto begin = reinterpret_cast<std::uintptr_t>(run.base + from);
      if (const int n = Calls::read_page_words(number, begin, page, std::span(words, count))) return {0, nullptr, n};
      for (std::size_t i = 0; i < count; ++i) {
        if (!Calls::is_there(words[i], private_only)) continue;
        std::byte* const at = run.base + from + i * page;
        if (runs != 0 && found[runs - 1].base + found[runs - 1].bytes == at) {
          found[runs - 1].bytes += page;
        } else {
          if (runs == found.size()) return {runs, at, 0};
          found[runs++] = {at, page};
        }
      }
    }
    return {runs, run.base + run.bytes, 0};
  }
  static int open(shared_descriptor& shared) noexcept {
    int expected = wiped;
    if (!__atomic_compare_exchange_n(&shared.state, &expected, opening, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return Calls::again;
    const int number = Calls::open_to_read("/proc/self/pagemap");
    if (number < 0) {
      __atomic_store_n(&shared.state, wiped, __ATOMIC_RELEASE);
      return -number;
    }
    shared.number = number;
    __atomic_store_n(&shared.state, ready, __ATOMIC_RELEASE);
    return 0;
  }
};

}  // namespace quire::backing::detail
