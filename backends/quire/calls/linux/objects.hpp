#pragma once
// System calls of Linux on unnamed files in memory. Each returns 0 or errno, unless stated otherwise.
#include <boost/config.hpp>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/calls/mapping.hpp>
#include <quire/calls/posix/results.hpp>

namespace quire::calls {

struct linux_objects {
  static constexpr int map_shared = MAP_SHARED, map_private_object = MAP_PRIVATE | MAP_NORESERVE;
  static constexpr int too_large = EFBIG, bad_file = EBADF, interrupted = EINTR;
  static constexpr int limit_file_size = RLIMIT_FSIZE;

  // Numbers of include/uapi/linux/memfd.h and fcntl.h; some C libraries lack the later ones.
  static constexpr unsigned file_closed_by_exec = 1, file_sealable = 2;  // MFD_CLOEXEC, MFD_ALLOW_SEALING
  static constexpr unsigned file_never_executed = 8;                     // MFD_NOEXEC_SEAL, Linux 6.3

  /// Returns a descriptor, or a negative errno. Tools show `name` as "/memfd:name".
  static int memory_file(const char* name, unsigned flags) noexcept {
    return static_cast<int>(number_of(::syscall(SYS_memfd_create, name, flags)));
  }
  /// Beyond RLIMIT_FSIZE this also raises a signal.
  static int resize_file(int fd, std::size_t bytes) noexcept {
    return error_of(::ftruncate(fd, static_cast<off_t>(bytes)));
  }
  /// Allocates zeroed memory for the whole file at once; the file grows to `bytes`.
  static int fill_file(int fd, std::size_t bytes) noexcept {
    return error_of(::fallocate(fd, 0, 0, static_cast<off_t>(bytes)));
  }
  /// Returns the bytes written, or a negative errno.
  static long write_at(int fd, const void* data, std::size_t bytes, std::size_t offset) noexcept {
    return number_of(::pwrite(fd, data, bytes, static_cast<off_t>(offset)));
  }
  /// From then on no holder of a descriptor can change the file's size, contents or seals.
  static int seal_file(int fd) noexcept { return add_seals(fd, seal_seals | seal_size | seal_contents); }
  /// From then on no holder of a descriptor can change the file's size: if pages behind a mapping are cut off, a touch
  /// raises SIGBUS.
  static int seal_file_size(int fd) noexcept { return add_seals(fd, seal_seals | seal_size); }
  BOOST_FORCEINLINE static mapping map_file(void* where, std::size_t bytes, int protection, int flags, int fd,
                                            std::size_t offset) noexcept {
    return mapping_of(::mmap(where, bytes, protection, flags, fd, static_cast<off_t>(offset)));
  }

 private:
  static constexpr int seal_seals = 1, seal_size = 2 | 4, seal_contents = 8;  // F_SEAL_*
  static int add_seals(int fd, int seals) noexcept {
    constexpr int command = 1033;  // F_ADD_SEALS
    return error_of(::fcntl(fd, command, seals));
  }
};

}  // namespace quire::calls
