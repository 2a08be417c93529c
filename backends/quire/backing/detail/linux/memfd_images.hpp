// SPDX-License-Identifier: BSL-1.0
#pragma once
// Images on Linux: a sealed file in memory. Memories map private copies of it.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>
#include <span>

#include <quire/backing/detail/posix/aligned_reserve.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/mapping_access.hpp>
#include <quire/system/rlimits.hpp>
#include <quire/units.hpp>

namespace quire::backing::detail {

template <class Calls>
concept object_calls = requires(void* p, std::size_t n) {
  { Calls::map_file(p, n, 0, 0, 0, n) } noexcept;
};

/// A file descriptor.
struct linux_file {
  int descriptor = -1;
};

/// Creates an empty file in memory, or of the kind that further flags name. Returns a descriptor, or a negative errno.
/// Kernels before 6.3 reject `execution`, which is MFD_NOEXEC_SEAL or MFD_EXEC.
template <class Calls>
[[nodiscard]] int new_memory_file(const char* name, std::size_t bytes, unsigned kind = 0,
                                  unsigned execution = Calls::file_never_executed) noexcept {
  if (quire::detail::exceeds_file_limit<Calls>(bytes)) return -Calls::too_large;
  const unsigned flags = Calls::file_closed_by_exec | Calls::file_sealable | kind;
  const int fd = Calls::memory_file(name, flags | execution);
  return fd == -Calls::invalid ? Calls::memory_file(name, flags) : fd;
}

/// A base of linux_mmap, if its calls support files.
template <class Calls, class Store>
struct linux_images {
  using image_object = linux_file;
  static constexpr bool discard_restores_image = true;  // MADV_DONTNEED brings a file's contents back

  static std::size_t image_granule() noexcept { return Store::page_bytes(); }

  /// memfd_create, ftruncate, pwrite, fcntl(F_ADD_SEALS).
  static int make_image(std::span<const std::byte> contents, linux_file& made) noexcept
    requires object_calls<Calls>
  {
    const std::size_t bytes = align_up(contents.size(), Store::page_bytes());
    const int fd = new_memory_file<Calls>("quire-image", bytes);
    if (fd < 0) return -fd;
    int n = Calls::resize_file(fd, bytes);
    if (n == 0) n = write(fd, contents);
    if (n == 0) n = Calls::seal_file(fd);
    if (n == 0)
      made.descriptor = fd;
    else
      Calls::close(fd);
    return n;
  }
  static void release_image(linux_file made) noexcept { Calls::close(made.descriptor); }

  /// mmap(MAP_PRIVATE | MAP_FIXED).
  BOOST_FORCEINLINE static int map_image(page_run r, linux_file from, std::size_t offset, const attributes&) noexcept
    requires object_calls<Calls>
  {
    return Calls::map_file(r.base, r.bytes, both, Calls::map_private_object | Calls::map_fixed, from.descriptor, offset)
        .error;
  }
  /// mmap(MAP_FIXED): giving the memory back would bring the file's contents back.
  BOOST_FORCEINLINE static int unmap_image(page_run r, const attributes&) noexcept
    requires object_calls<Calls>
  {
    return reserve_over<Calls>(r);
  }
  /// No system call if all pages are open. Otherwise reads /proc/self/maps; `unsupported` if that is hidden.
  static int may_clear_image(page_run r, bool open) noexcept {
    if (open || quire::detail::for_each_access<Calls>(r, [](page_run, int) { return true; })) return 0;
    return Calls::unsupported;
  }
  /// mmap(MAP_FIXED) of fresh memory, one call for each part that has one access, and mlock2(MLOCK_ONFAULT) if the
  /// memory is locked. /proc/self/maps reports the access, which the process may have changed without the library; if
  /// it is hidden, pages are taken to be `open` as the library left them.
  static outcome clear_image(page_run r, bool open, const attributes& requested) noexcept {
    outcome all;
    const bool told = quire::detail::for_each_access<Calls>(
        r, [&](page_run part, int protection) { return all.add(renew(part, protection, requested)) == 0; });
    if (!told && !all.lost && open) return renew(r, both, requested);
    return {told ? all.native : Calls::unsupported, all.lost};
  }
  /// Like map_image.
  BOOST_FORCEINLINE static outcome remap_image(page_run r, linux_file from, std::size_t offset,
                                               const attributes& requested) noexcept
    requires object_calls<Calls>
  {
    const int n = map_image(r, from, offset, requested);
    return {n, n != 0 && !is_mapped(r)};
  }

 protected:
  /// Before Linux 6.12 a call that finds no memory for its own records may have unmapped the run already.
  static bool is_mapped(page_run r) noexcept {
    unsigned char there = 0;
    return Calls::mincore(r.base, Store::page_bytes(), &there) != Calls::no_memory;
  }

 private:
  static constexpr int both = Calls::prot_read | Calls::prot_write;

  static outcome renew(page_run r, int protection, const attributes& requested) noexcept {
    const int failed = Calls::mmap(r.base, r.bytes, protection, Calls::map_reservation | Calls::map_fixed).error;
    if (failed != 0) return {failed, !is_mapped(r)};
    if (!requested.locked) return {};
    const int n = Calls::mlock_on_fault(r.base, r.bytes);
    const std::size_t page = Store::page_bytes();  // the last page: a call that cannot split a mapping stops there
    const bool one_is_unreadable = n == Calls::no_memory && Calls::is_locked(r.base + r.bytes - page, page);
    return {one_is_unreadable ? 0 : n, true};
  }
  /// A call writes at most 2 GiB, and may write less.
  static int write(int fd, std::span<const std::byte> contents) noexcept {
    for (std::size_t done = 0; done < contents.size();) {
      const long n = Calls::write_at(fd, contents.data() + done, contents.size() - done, done);
      if (n < 0 && -n != Calls::interrupted) return static_cast<int>(-n);
      if (n == 0) return Calls::no_memory;
      done += static_cast<std::size_t>(std::max(n, 0L));
    }
    return 0;
  }
};

}  // namespace quire::backing::detail
