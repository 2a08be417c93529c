// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that Linux allocates before it is used: a file in memory with pages behind all of it.
#include <cstddef>

#include <quire/backing/detail/linux/memfd_images.hpp>
#include <quire/backing/detail/posix/aligned_reserve.hpp>
#include <quire/backing/detail/posix/preallocated_object.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/headroom.hpp>

namespace quire::backing::detail {

/// A base of linux_mmap, if its calls support files. Children do not inherit pages of the file: they would share them.
template <class Calls>
struct preallocated_memfd : preallocated_objects<Calls> {
  /// First checks, in some ten files of /proc and /sys, whether there is enough memory, as fallocate takes what it gets
  /// until the kernel kills a process. Then memfd_create, fallocate, fcntl(F_ADD_SEALS), mmap(MAP_SHARED),
  /// madvise(MADV_DONTFORK), madvise(MADV_DONTDUMP), as dumps contain used pages where memories map them, mlock.
  static int make_object(std::size_t bytes, bool locked, preallocated_object& made) noexcept
    requires object_calls<Calls>
  {
    attributes requested;
    requested.locked = locked;
    if (const int n = quire::detail::assure<Calls>(bytes, requested)) return n;
    const int fd = new_memory_file<Calls>("quire-partition", bytes);
    if (fd < 0) return -fd;
    int n = fill(fd, bytes);
    if (n == 0) n = Calls::seal_file_size(fd);
    if (n == 0) n = show(fd, bytes, locked, made);
    if (n != 0) Calls::close(fd);
    return n;
  }
  /// mmap(MAP_SHARED | MAP_FIXED), madvise(MADV_DONTFORK).
  static int map_object(page_run r, const preallocated_object& from, std::size_t offset, const attributes&) noexcept
    requires object_calls<Calls>
  {
    const int n =
        Calls::map_file(r.base, r.bytes, both, Calls::map_shared | Calls::map_fixed, from.descriptor, offset).error;
    return n != 0 ? n : Calls::madvise(r.base, r.bytes, Calls::advice_no_fork);
  }
  /// mmap(MAP_FIXED).
  static int unmap_object(page_run r, const attributes&) noexcept
    requires object_calls<Calls>
  {
    return reserve_over<Calls>(r);
  }

 private:
  static constexpr int both = Calls::prot_read | Calls::prot_write;

  static int fill(int fd, std::size_t bytes) noexcept {
    for (;;)
      if (const int n = Calls::allocate_in_file(fd, 0, bytes); n != Calls::interrupted) return n;
  }
  static int show(int fd, std::size_t bytes, bool locked, preallocated_object& made) noexcept {
    const auto got = Calls::map_file(nullptr, bytes, both, Calls::map_shared, fd, 0);
    if (got.error != 0) return got.error;
    int n = Calls::madvise(got.address, bytes, Calls::advice_no_fork);
    if (n == 0) n = Calls::madvise(got.address, bytes, Calls::advice_no_dump);
    if (n == 0 && locked) n = Calls::mlock(got.address, bytes);
    if (n == 0)
      made = {fd, static_cast<std::byte*>(got.address), bytes};
    else
      (void)Calls::munmap(got.address, bytes);
    return n;
  }
};

}  // namespace quire::backing::detail
