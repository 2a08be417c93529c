// SPDX-License-Identifier: BSL-1.0
#pragma once
// System calls of Linux for memories that are reused. Each returns 0 or errno, unless stated otherwise.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unistd.h>

#include <quire/calls/posix/results.hpp>
#include <quire/store.hpp>

// The C library's area for restartable sequences (glibc 2.35, <sys/rseq.h>), relative to the thread pointer. Weak, as
// other C libraries have none; declared here, as that header includes much of the kernel's.
extern const std::ptrdiff_t __rseq_offset __attribute__((weak));  // NOLINT
extern const unsigned int __rseq_size __attribute__((weak));      // NOLINT

namespace quire::calls {

struct linux_reuse {
  static constexpr int advice_wipe_on_fork = 18;  // MADV_WIPEONFORK, Linux 4.14
  static constexpr std::size_t most_advised_at_once = 64;

  /// process_madvise(2) on this process itself, up to `most_advised_at_once` runs: PIDFD_SELF of Linux 6.15, and any
  /// advice since 6.13. Returns the bytes advised, which may be fewer than the runs have, or a negative errno.
  static long advise_runs(std::span<const page_run> runs, int advice) noexcept {
    constexpr long number = 440, this_process = -10000;  // the same on all architectures
    // A run is what the call takes: struct iovec.
    static_assert(sizeof(page_run) == sizeof(void*) + sizeof(std::size_t));
    const std::size_t count = std::min(runs.size(), most_advised_at_once);
    return number_of(::syscall(number, this_process, runs.data(), count, static_cast<long>(advice), 0UL));
  }

  /// The processor that runs this thread, as the C library's area for restartable sequences shows it; 0 without one.
  BOOST_FORCEINLINE static unsigned processor() noexcept {
#if __has_builtin(__builtin_thread_pointer)
    if (&__rseq_size == nullptr || __rseq_size == 0) return 0;
    const auto* const area = static_cast<const char*>(__builtin_thread_pointer()) + __rseq_offset;
    return *reinterpret_cast<const volatile std::uint32_t*>(area);  // cpu_id_start, which is never negative
#else
    return 0;
#endif
  }
};

}  // namespace quire::calls
