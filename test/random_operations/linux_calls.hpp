// SPDX-License-Identifier: BSL-1.0
#pragma once
// POSIX and Linux calls that fail at random, and their rules.
#include <cerrno>
#include <sys/mman.h>

#include <quire/backing/linux_mmap.hpp>
#include <quire/backing/posix_mmap.hpp>
#include <quire/calls/linux.hpp>
#include <quire/calls/posix.hpp>

#include "fault/mmap_rules.hpp"
#include "random_operations/fault_injector.hpp"
#include "support/fakes/permissive_fake_kernel.hpp"

namespace quire::test::sequences {

/// Calls with the names of the mmap family.
template <class Kernel>
struct mmap_family : fault_rules<Kernel> {
  static bool takes_away(const made_call& c) {
    return fault_rules<Kernel>::takes_contents(c) || effect_of(c) == effect::unmaps;
  }
  static access access_of(int protection) {
    if ((protection & Kernel::prot_write) != 0) return access::read_write;
    return (protection & Kernel::prot_read) != 0 ? access::read : access::none;
  }
};

/// Adds the calls that concern files in memory.
template <class Base>
struct linux_that_fails : watched_calls<Base, fault_injector> {
  static int memory_file(const char* name, unsigned flags) noexcept {
    if (const int n = fault_injector::before_file_call("memfd_create", {EINVAL, EMFILE, ENFILE, ENOMEM})) return -n;
    const int fd = Base::memory_file(name, flags);
    if (fd >= 0) ++fault_injector::open_files;
    return fd;
  }
  static void close(int fd) noexcept {
    --fault_injector::open_files;
    Base::close(fd);
  }
  static int open_to_read(const char* path) noexcept {
    const int fd = Base::open_to_read(path);
    if (fd >= 0) ++fault_injector::open_files;
    return fd;
  }
  static int resize_file(int fd, std::size_t bytes) noexcept {
    const int n = fault_injector::before_file_call("ftruncate", {EINTR, EINVAL, EFBIG, EIO});
    return n != 0 ? n : Base::resize_file(fd, bytes);
  }
  static int allocate_in_file(int fd, std::size_t from, std::size_t bytes) noexcept {
    const int n = fault_injector::before_file_call("fallocate", {EINTR, ENOSPC, EIO, EOPNOTSUPP});
    return n != 0 ? n : Base::allocate_in_file(fd, from, bytes);
  }
  static long write_at(int fd, const void* data, std::size_t bytes, std::size_t offset) noexcept {
    if (const int n = fault_injector::before_file_call("pwrite", {EINTR, ENOSPC, EIO, EFBIG})) return -n;
    return Base::write_at(fd, data, bytes, offset);
  }
  static int seal_file(int fd) noexcept {
    const int n = fault_injector::before_file_call("fcntl", {EBUSY, EINVAL, EPERM});
    return n != 0 ? n : Base::seal_file(fd);
  }
  static calls::mapping map_file(void* where, std::size_t bytes, int protection, int flags, int fd,
                                 std::size_t offset) noexcept {
    made_call c{call::mmap, static_cast<const std::byte*>(where), bytes, protection, flags};
    if (const int code = fault_injector::before(c).code) return {nullptr, code};
    const calls::mapping got = Base::map_file(where, bytes, protection, flags, fd, offset);
    if (got.error == 0) {
      c.where = static_cast<const std::byte*>(got.address);
      fault_injector::after(c);
    }
    return got;
  }
};

using random_linux = linux_that_fails<permissive_fake_kernel>;
using random_posix = watched_calls<calls::posix, fault_injector>;
inline constexpr system_rules linux_rules = rules_from<random_linux, mmap_family<random_linux>>();
inline constexpr system_rules posix_rules = rules_from<random_posix, mmap_family<random_posix>>();

}  // namespace quire::test::sequences
