// SPDX-License-Identifier: BSL-1.0
#pragma once
// System calls of Linux on unnamed files in memory. Each returns 0 or errno, unless stated otherwise.
#include <cstddef>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/calls/posix/results.hpp>

namespace quire::calls {

struct linux_objects {
  static constexpr int map_private_object = MAP_PRIVATE | MAP_NORESERVE;

  // Numbers of include/uapi/linux/memfd.h and fcntl.h; some C libraries lack the later ones.
  static constexpr unsigned file_closed_by_exec = 1, file_sealable = 2;  // MFD_CLOEXEC, MFD_ALLOW_SEALING
  static constexpr unsigned file_never_executed = 8;                     // MFD_NOEXEC_SEAL, Linux 6.3
  static constexpr unsigned file_of_pool = 4;                            // MFD_HUGETLB, with map_huge_shift
  static constexpr unsigned file_executed = 16;                          // MFD_EXEC, Linux 6.3

  /// Returns a descriptor, or a negative errno. Tools show `name` as "/memfd:name".
  static int memory_file(const char* name, unsigned flags) noexcept {
    return static_cast<int>(number_of(::syscall(SYS_memfd_create, name, flags)));
  }
  /// Allocates zeroed memory, or blocks of a disk, for a part of a file, which becomes longer if it ends before that.
  /// Never makes it shorter, and leaves what is allocated as it is. Not emulated where the file system lacks it: then
  /// it fails. Beyond RLIMIT_FSIZE it also raises a signal.
  static int allocate_in_file(int fd, std::size_t from, std::size_t bytes) noexcept {
    return error_of(::fallocate(fd, 0, static_cast<off_t>(from), static_cast<off_t>(bytes)));
  }
  /// From then on no holder of a descriptor can change the file's size, contents or seals.
  static int seal_file(int fd) noexcept { return add_seals(fd, seal_seals | seal_size | seal_contents); }
  /// From then on no holder of a descriptor can change the file's size: if pages behind a mapping are cut off, a touch
  /// raises SIGBUS.
  static int seal_file_size(int fd) noexcept { return add_seals(fd, seal_seals | seal_size); }
  /// From then on no holder of a descriptor can make the file shorter, or add seals.
  static int seal_against_shrinking(int fd) noexcept { return add_seals(fd, seal_seals | seal_shrinking); }
  /// Whether no holder of a descriptor can make the file shorter.
  static bool never_shrinks(int fd) noexcept {
    constexpr int command = 1034;  // F_GET_SEALS
    const int seals = ::fcntl(fd, command);
    return seals >= 0 && (seals & seal_shrinking) != 0;
  }

 private:
  static constexpr int seal_seals = 1, seal_shrinking = 2, seal_size = 2 | 4, seal_contents = 8;  // F_SEAL_*
  static int add_seals(int fd, int seals) noexcept {
    constexpr int command = 1033;  // F_ADD_SEALS
    return error_of(::fcntl(fd, command, seals));
  }
};

}  // namespace quire::calls
