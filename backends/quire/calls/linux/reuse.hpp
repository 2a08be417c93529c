#pragma once
// System calls of Linux for memories that are reused. Each returns 0 or errno, unless stated otherwise.
#include <algorithm>
#include <boost/config.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

#include <quire/store.hpp>

namespace quire::calls {

struct linux_reuse {
  static constexpr int advice_wipe_on_fork = 18;  // MADV_WIPEONFORK, Linux 4.14
  static constexpr std::size_t most_advised_at_once = 64;

  /// process_madvise(2) on this process itself, up to `most_advised_at_once` runs: PIDFD_SELF of Linux 6.15, and any
  /// advice since 6.13. Returns the bytes advised, which may be fewer than the runs have, or a negative errno.
  static long advise_runs(std::span<const page_run> runs, int advice) noexcept {
    constexpr long number = 440, this_process = -10000;  // the same on all architectures
    iovec list[most_advised_at_once];
    const std::size_t count = std::min(runs.size(), most_advised_at_once);
    std::transform(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(count), list,
                   [](const page_run& r) { return iovec{r.base, r.bytes}; });
    const long n = ::syscall(number, this_process, list, count, static_cast<long>(advice), 0UL);
    return n >= 0 ? n : -static_cast<long>(errno);
  }

  /// The processor that runs this thread, as the C library's area for restartable sequences shows it; 0 without one.
  BOOST_FORCEINLINE static unsigned processor() noexcept {
#if defined(RSEQ_SIG) && __has_builtin(__builtin_thread_pointer)
    if (__rseq_size == 0) return 0;
    const auto* const area = static_cast<const char*>(__builtin_thread_pointer()) + __rseq_offset;
    return *reinterpret_cast<const volatile std::uint32_t*>(area);  // cpu_id_start, which is never negative
#else
    return 0;
#endif
  }
};

}  // namespace quire::calls
