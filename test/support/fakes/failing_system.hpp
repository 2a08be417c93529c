// SPDX-License-Identifier: BSL-1.0
#pragma once
// Makes one call at a time fail, with each error that the manual names for it.
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include <quire/calls/mapping.hpp>

namespace quire::test {

struct failing_state {
  std::size_t calls = 0;                               // made so far
  std::size_t failing = static_cast<std::size_t>(-1);  // the number of the call that fails, from 0
  std::size_t way = 0;                                 // index into the errors of that call
  int failed_with = 0;                                 // 0: no call has failed yet
  bool was_the_last_way = false;
  long mapped = 0, opened = 0;  // minus what was unmapped and closed

  /// Returns 0, or the error with which this call has to fail.
  [[nodiscard]] int next(std::span<const int> ways) noexcept {
    if (calls++ != failing) return 0;
    was_the_last_way = way + 1 >= ways.size();
    return failed_with = ways[way];
  }
};

/// `Base` is any set of Linux calls.
template <class Base>
struct failing_system : Base {
  static inline failing_state now;

  static int open_to_read(const char* path) noexcept {
    static constexpr std::array ways{EACCES, EINTR, EIO, ELOOP, EMFILE, ENAMETOOLONG, ENFILE, ENOMEM, EPERM};
    if (const int n = now.next(ways)) return -n;
    const int fd = Base::open_to_read(path);
    if (fd >= 0) ++now.opened;
    return fd;
  }
  static void close(int fd) noexcept {
    --now.opened;
    Base::close(fd);
  }
  static long read(int fd, void* buffer, std::size_t bytes) noexcept {
    static constexpr std::array ways{EAGAIN, EINTR, EINVAL, EIO, EISDIR, ENOMEM, EOPNOTSUPP};
    if (const int n = now.next(ways)) return -n;
    return Base::read(fd, buffer, bytes);
  }
  static int file_number(int fd, std::uint64_t& number) noexcept {
    static constexpr std::array ways{EBADF, EFAULT, ENOMEM, EOVERFLOW};
    const int n = now.next(ways);
    return n != 0 ? n : Base::file_number(fd, number);
  }
  static int huge_pages_switched_off() noexcept {
    static constexpr std::array ways{EINVAL, EPERM};
    const int n = now.next(ways);
    return n != 0 ? -n : Base::huge_pages_switched_off();
  }
  static long read_at(int fd, void* buffer, std::size_t bytes, std::uint64_t offset) noexcept {
    static constexpr std::array ways{EINTR, EINVAL, EIO, ESPIPE};
    if (const int n = now.next(ways)) return -n;
    return Base::read_at(fd, buffer, bytes, offset);
  }
  static long scan_written_pages(int fd, std::uint64_t begin, std::uint64_t end,
                                 typename Base::scanned_run& first) noexcept {
    static constexpr std::array ways{EFAULT, EINTR, EINVAL, ENOMEM, ENOTTY, EPERM};
    if (const int n = now.next(ways)) return -n;
    return Base::scan_written_pages(fd, begin, end, first);
  }
  static int read_limit(int resource, unsigned long long& soft) noexcept {
    static constexpr std::array ways{EFAULT, EINVAL, ENOSYS, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::read_limit(resource, soft);
  }
  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    static constexpr std::array ways{EACCES, EAGAIN, EINVAL, ENOMEM, EPERM};
    if (const int n = now.next(ways)) return {nullptr, n};
    ++now.mapped;
    return Base::mmap(where, bytes, protection, flags);
  }
  static int munmap(void* p, std::size_t bytes) noexcept {
    --now.mapped;
    return Base::munmap(p, bytes);
  }
  static int mprotect(void* p, std::size_t bytes, int protection) noexcept {
    static constexpr std::array ways{EACCES, EINVAL, ENOMEM, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::mprotect(p, bytes, protection);
  }
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    static constexpr std::array ways{EACCES, EAGAIN, EBADF, EBUSY, EFAULT, EINVAL, EIO, ENOMEM, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::madvise(p, bytes, advice);
  }
  static int mlock(const void* p, std::size_t bytes) noexcept {
    static constexpr std::array ways{EAGAIN, EINVAL, ENOMEM, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::mlock(p, bytes);
  }
  static int mincore(void* p, std::size_t bytes, unsigned char* there) noexcept {
    static constexpr std::array ways{EAGAIN, EFAULT, EINVAL, ENOMEM, ENOSYS, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::mincore(p, bytes, there);
  }
  static int mbind(void* p, std::size_t bytes, int mode, const unsigned long* mask, unsigned long nodes) noexcept {
    static constexpr std::array ways{EFAULT, EINVAL, EIO, ENOMEM, ENOSYS, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::mbind(p, bytes, mode, mask, nodes);
  }
  static int get_mempolicy(int* mode, unsigned long* mask, unsigned long nodes, const void* p,
                           unsigned long flags) noexcept {
    static constexpr std::array ways{EFAULT, EINVAL, ENOSYS, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::get_mempolicy(mode, mask, nodes, p, flags);
  }
  static int query_pages(unsigned long count, void* const* pages, int* status) noexcept {
    static constexpr std::array ways{E2BIG, EACCES, EFAULT, EINVAL, ENODEV, ENOENT, ENOSYS, EPERM, ESRCH};
    const int n = now.next(ways);
    return n != 0 ? n : Base::query_pages(count, pages, status);
  }
  static int name_mapping(void* p, std::size_t bytes, const char* text) noexcept {
    static constexpr std::array ways{EBADF, EINVAL, ENOMEM, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::name_mapping(p, bytes, text);
  }
  static int mseal(void* p, std::size_t bytes) noexcept {
    static constexpr std::array ways{EINVAL, ENOSYS, EPERM};
    const int n = now.next(ways);
    return n != 0 ? n : Base::mseal(p, bytes);
  }
  static long allocate_key() noexcept {
    static constexpr std::array ways{EINVAL, ENOSPC, ENOSYS, EPERM};
    if (const int n = now.next(ways)) return -n;
    return Base::allocate_key();
  }
};

}  // namespace quire::test
