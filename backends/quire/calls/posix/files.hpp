// SPDX-License-Identifier: BSL-1.0
#pragma once
// Calls of POSIX on files and on named objects of shared memory. Each returns 0 or errno, unless stated otherwise.
// Those that may wait are no cancellation points here.
#include <boost/config.hpp>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <quire/calls/mapping.hpp>
#include <quire/calls/posix/results.hpp>
#include <quire/units.hpp>

namespace quire::calls {

struct posix_files {
  static constexpr int map_shared = MAP_SHARED;
  static constexpr int too_large = EFBIG, bad_file = EBADF, interrupted = EINTR, would_block = EWOULDBLOCK;
  static constexpr int no_entry = ENOENT, exists = EEXIST, no_space = ENOSPC, over_quota = EDQUOT;
  static constexpr int read_only_files = EROFS, beyond_range = EOVERFLOW, too_long = ENAMETOOLONG;
  static constexpr int limit_file_size = RLIMIT_FSIZE;

  // The following four return a descriptor, or a negative errno.

  /// Does not wait for the other end, if the path is a FIFO's.
  static int open_file(const char* path, bool writable) noexcept {
    const no_cancellation during_the_call;
    return number_of(::open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  }
  /// Fails if the path exists.
  static int create_file(const char* path, unsigned permissions) noexcept {
    const no_cancellation during_the_call;
    return number_of(
        ::open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, quire::detail::integer_cast<mode_t>(permissions)));
  }
  /// POSIX has shm_open close the descriptor on exec. Linux keeps objects in a folder where any user may create a FIFO,
  /// for whose other end this does not wait either; elsewhere the flag may be refused.
  static int open_object(const char* name, bool writable) noexcept {
#ifdef __linux__
    constexpr int never_waits = O_NONBLOCK;
#else
    constexpr int never_waits = 0;
#endif
    const no_cancellation during_the_call;
    return number_of(::shm_open(name, (writable ? O_RDWR : O_RDONLY) | never_waits, mode_t{0}));
  }
  /// Fails if the name exists.
  static int create_object(const char* name, unsigned permissions) noexcept {
    const no_cancellation during_the_call;
    return number_of(::shm_open(name, O_RDWR | O_CREAT | O_EXCL, quire::detail::integer_cast<mode_t>(permissions)));
  }
  /// Returns a second descriptor of the same open file, or a negative errno.
  static int duplicate_file(int fd) noexcept { return number_of(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

  static int remove_object(const char* name) noexcept { return error_of(::shm_unlink(name)); }
  static int remove_file(const char* path) noexcept { return error_of(::unlink(path)); }
  static void close(int fd) noexcept {
    const no_cancellation during_the_call;
    (void)::close(fd);
  }

  static int length_of_file(int fd, unsigned long long& bytes) noexcept {
    struct stat about{};
    const int n = error_of(::fstat(fd, &about));
    if (n == 0) bytes = static_cast<unsigned long long>(about.st_size);
    return n;
  }
  /// Cuts the file off, or makes it longer without allocating anything. Beyond RLIMIT_FSIZE this also raises a signal.
  static int resize_file(int fd, std::size_t bytes) noexcept {
    return error_of(::ftruncate(fd, static_cast<off_t>(bytes)));
  }
#if !defined(__APPLE__)  // has no such call
  /// Allocates a part of a file, which becomes longer if it ends before that. Some C libraries emulate this, where a
  /// file system lacks it, by writing zeros where they have read zeros. posix_fallocate returns its error.
  static int allocate_in_file(int fd, std::size_t from, std::size_t bytes) noexcept {
    return ::posix_fallocate(fd, static_cast<off_t>(from), static_cast<off_t>(bytes));
  }
#endif
  /// Returns the bytes written, or a negative errno.
  static long write_at(int fd, const void* data, std::size_t bytes, std::size_t offset) noexcept {
    return number_of(::pwrite(fd, data, bytes, static_cast<off_t>(offset)));
  }
  BOOST_FORCEINLINE static mapping map_file(void* where, std::size_t bytes, int protection, int flags, int fd,
                                            std::size_t offset) noexcept {
    return mapping_of(::mmap(where, bytes, protection, flags, fd, static_cast<off_t>(offset)));
  }

  /// Locks an open file against others that opened it. The system takes the lock back when the last process that has
  /// this open file ends, in whatever way. Fails with `would_block` if that is not possible at once.
  static int lock_file(int fd, bool exclusively) noexcept {
    return error_of(::flock(fd, (exclusively ? LOCK_EX : LOCK_SH) | LOCK_NB));
  }
  static int unlock_file(int fd) noexcept { return error_of(::flock(fd, LOCK_UN)); }

  /// Writes pages that any process has changed, with what is needed to find them again, to the disk.
  static int sync_mapping(void* p, std::size_t bytes) noexcept {
    const no_cancellation during_the_call;
    return error_of(::msync(p, bytes, MS_SYNC));
  }
  static int sync_file(int fd) noexcept {
    const no_cancellation during_the_call;
    return error_of(::fsync(fd));
  }
  /// Writes the entries of a folder to the disk.
  static int sync_folder(const char* path) noexcept {
    const no_cancellation during_the_call;
    const int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return last_error();
    const int n = error_of(::fsync(fd));
    (void)::close(fd);
    return n;
  }
};

}  // namespace quire::calls
