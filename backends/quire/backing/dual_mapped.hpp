// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux, for generated code: its pages are those of a file in memory that is mapped twice, so that none is ever both
// writable and executable. This changes no page's access to executable, which PR_SET_MDWE and SELinux may forbid.
#include <cstddef>
#include <cstdint>

#include <quire/backing/detail/linux/memfd_images.hpp>
#include <quire/backing/detail/linux/reserve_within.hpp>
#include <quire/backing/linux_mmap.hpp>
#include <quire/store.hpp>
#include <quire/store/code.hpp>

namespace quire::backing {

/// Memories over this store are those of linux_mmap, and not executable. A test replaces `Calls`.
template <class Calls = calls::linux_kernel>
struct dual_mapped : linux_mmap<Calls> {
  /// memfd_create, ftruncate, mmap, madvise(MADV_DONTFORK), mmap(MAP_FIXED) over the reserved run, close. The file may
  /// never be run as a program (MFD_NOEXEC_SEAL), as vm.memfd_noexec=2 demands, but be mapped as code; where a security
  /// module refuses that, one with MFD_EXEC is tried.
  static outcome map_twice(page_run r, std::byte*& written) noexcept {
    const outcome done = map_new_file(r, Calls::file_never_executed, written);
    const bool is_denied = done.native == Calls::forbidden || done.native == Calls::no_access;
    return is_denied && !done.lost ? map_new_file(r, Calls::file_executed, written) : done;
  }
  /// madvise(MADV_REMOVE).
  static int discard_written(page_run written) noexcept {
    return Calls::madvise(written.base, written.bytes, Calls::advice_remove);
  }
  /// munmap.
  static int unmap_written(page_run written) noexcept { return Calls::munmap(written.base, written.bytes); }

 private:
  static outcome map_new_file(page_run r, unsigned execution, std::byte*& written) noexcept {
    const int fd = detail::new_memory_file<Calls>("quire-code", r.bytes, 0, execution);
    if (fd < 0) return -fd;
    outcome done = Calls::resize_file(fd, r.bytes);
    if (done.native == 0) done = map_both(r, fd, written);
    Calls::close(fd);
    return done;
  }
  static outcome map_both(page_run r, int fd, std::byte*& written) noexcept {
    const auto got = Calls::map_file(nullptr, r.bytes, Calls::prot_read | Calls::prot_write, Calls::map_shared, fd, 0);
    if (got.error != 0) return got.error;
    const page_run second{static_cast<std::byte*>(got.address), r.bytes};
    outcome done = Calls::madvise(second.base, second.bytes, Calls::advice_no_fork);
    if (done.native == 0) done = map_executable(r, fd);
    if (done.native == 0)
      written = second.base;
    else
      (void)unmap_written(second);
    return done;
  }
  static outcome map_executable(page_run r, int fd) noexcept {
    const int n = Calls::map_file(r.base, r.bytes, Calls::prot_read | Calls::prot_exec,
                                  Calls::map_shared | Calls::map_fixed, fd, 0)
                      .error;
    return {n, n != 0 && !dual_mapped::is_mapped(r) && !reserve_again(r)};
  }
  /// Before another mapping comes to lie there.
  static bool reserve_again(page_run r) noexcept {
    return detail::reserve_where_free<Calls>(reinterpret_cast<std::uintptr_t>(r.base), r.bytes, Calls::prot_none,
                                             Calls::map_reservation)
               .native == 0;
  }
};

}  // namespace quire::backing
