// SPDX-License-Identifier: BSL-1.0
#pragma once
// The calls of POSIX.1-2024 on memory that a page allocator needs, one function each, returning 0 or errno.
#include <boost/config.hpp>
#include <cerrno>
#include <cstddef>
#include <sys/mman.h>
#include <unistd.h>

#include <quire/calls/mapping.hpp>
#include <quire/calls/posix/results.hpp>

namespace quire::calls {

struct posix_memory : posix_limits, posix_process {
  static constexpr int prot_none = PROT_NONE, prot_read = PROT_READ, prot_write = PROT_WRITE, prot_exec = PROT_EXEC;
  static constexpr int map_reservation = MAP_PRIVATE | MAP_ANONYMOUS;
  static constexpr int map_fixed = MAP_FIXED;

  static constexpr int again = EAGAIN, no_memory = ENOMEM, invalid = EINVAL, forbidden = EPERM, no_access = EACCES;
  static constexpr int no_call = ENOSYS, bad_address = EFAULT, unsupported = ENOTSUP;

  // No system that Quire supports has larger base pages.
  static constexpr std::size_t largest_page = 65536;
  static constexpr const char* page_bytes_source = "sysconf(_SC_PAGESIZE)";
  static std::size_t page_bytes() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

  BOOST_FORCEINLINE static mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    return mapping_of(::mmap(where, bytes, protection, flags, -1, 0));
  }
  BOOST_FORCEINLINE static int munmap(void* p, std::size_t bytes) noexcept { return error_of(::munmap(p, bytes)); }
  BOOST_FORCEINLINE static int mprotect(void* p, std::size_t bytes, int protection) noexcept {
    return error_of(::mprotect(p, bytes, in_whole_register(protection)));
  }
};

}  // namespace quire::calls
