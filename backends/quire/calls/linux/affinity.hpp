// SPDX-License-Identifier: BSL-1.0
#pragma once
// System calls of Linux on the processors that a thread runs on. Made by number, as some C libraries lack them.
#include <cstddef>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/calls/posix/results.hpp>

namespace quire::calls {

struct linux_affinity {
  /// The processors of the calling thread, one bit each. Returns the bytes written, or a negative errno.
  static long thread_processors(unsigned long* mask, std::size_t bytes) noexcept {
    return number_of(::syscall(SYS_sched_getaffinity, 0, bytes, mask));
  }
  /// Returns 0 or errno.
  static int set_thread_processors(const unsigned long* mask, std::size_t bytes) noexcept {
    return error_of(::syscall(SYS_sched_setaffinity, 0, bytes, mask));
  }
};

}  // namespace quire::calls
