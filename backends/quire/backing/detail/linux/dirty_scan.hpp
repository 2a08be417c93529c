#pragma once
// Finds the pages of anonymous memory that were written: PAGEMAP_SCAN of Linux 6.7.
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
    int state = wiped;
    int number = 0;
  };

 public:
  struct dirty_scanner {
    shared_descriptor* shared = nullptr;
  };

  /// mmap, madvise(MADV_WIPEONFORK), openat, and a scan of the page itself. Fails with EACCES in a process that may not
  /// read its own page map, since it has changed its identity and is not dumpable.
  static int open_scanner(dirty_scanner& scanner) noexcept {
    const std::size_t page = Calls::page_bytes();
    const auto got = Calls::mmap(nullptr, page, Calls::prot_read | Calls::prot_write, Calls::map_reservation);
    if (got.error != 0) return got.error;
    auto* const begin = static_cast<std::byte*>(got.address);
    auto* const shared = new (begin) shared_descriptor;
    page_run found[1];
    int n = Calls::madvise(begin, page, Calls::advice_wipe_on_fork);
    if (n == 0) n = open(*shared);
    scanner.shared = shared;
    if (n == 0) {
      const scan_result seen = scan_dirty(scanner, {begin, page}, found);
      n = seen.native != 0 ? seen.native : seen.runs == 1 ? 0 : Calls::unsupported;
    }
    if (n != 0) close_scanner(scanner);
    return n;
  }
  static void close_scanner(dirty_scanner& scanner) noexcept {
    if (scanner.shared == nullptr) return;
    if (scanner.shared->state == ready) Calls::close(scanner.shared->number);
    (void)Calls::munmap(scanner.shared, Calls::page_bytes());
    scanner.shared = nullptr;
  }
  /// ioctl(PAGEMAP_SCAN); in a child process the first time also openat. While another thread opens it there, the scan
  /// fails.
  static scan_result scan_dirty(const dirty_scanner& scanner, page_run run, std::span<page_run> found) noexcept {
    return scan(scanner, run, false, found);
  }
  /// As scan_dirty, and asks for pages of no file.
  static scan_result scan_private(const dirty_scanner& scanner, page_run run, std::span<page_run> found) noexcept {
    return scan(scanner, run, true, found);
  }

 private:
  static constexpr std::size_t most_runs = 64;

  BOOST_FORCEINLINE static scan_result scan(const dirty_scanner& scanner, page_run run, bool private_only,
                                            std::span<page_run> found) noexcept {
    if (scanner.shared == nullptr) return {0, nullptr, Calls::unsupported};
    shared_descriptor& shared = *scanner.shared;
    if (__atomic_load_n(&shared.state, __ATOMIC_ACQUIRE) != ready) [[unlikely]]
      if (const int n = open(shared)) return {0, nullptr, n};
    typename Calls::scanned_run runs[most_runs];
    const auto begin = reinterpret_cast<std::uintptr_t>(run.base);
    std::uint64_t end = 0;
    const long n = Calls::scan_dirty_pages(shared.number, begin, begin + run.bytes, private_only,
                                           std::span(runs, std::min(found.size(), most_runs)), end);
    if (n < 0) return {0, nullptr, static_cast<int>(-n)};
    const auto count = static_cast<std::size_t>(n);
    for (std::size_t i = 0; i < count; ++i)
      found[i] = {run.base + (runs[i].begin - begin), static_cast<std::size_t>(runs[i].end - runs[i].begin)};
    return {count, run.base + (end - begin), 0};
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
