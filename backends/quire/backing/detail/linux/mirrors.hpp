// SPDX-License-Identifier: BSL-1.0
#pragma once
// Mirrored memory on Linux: a file in memory, mapped twice. Its descriptor is closed at once.
#include <bit>
#include <cstddef>

#include <quire/backing/detail/common/whole_mirror.hpp>
#include <quire/backing/detail/linux/memfd_images.hpp>
#include <quire/backing/detail/posix/mirrors.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store/mirrors.hpp>

namespace quire::backing::detail {

/// A base of linux_mmap, if its calls support files.
template <class Calls, class Store>
struct memfd_mirrors {
  static std::size_t mirror_granule() noexcept { return Store::page_bytes(); }
  /// Hardware tags are for anonymous memory; child processes cannot have the memory for themselves.
  static constexpr bool mirrors(const attributes& requested) noexcept {
    return object_calls<Calls> && !requested.wants_hardware_tags() && requested.inheritance != inheritance::included;
  }
  /// As reserve.
  static int reserve_mirror(mirror_place& place, std::size_t alignment, const attributes& requested) noexcept {
    return reserve_whole_mirror<Store>(place, alignment, requested);
  }
  /// memfd_create, ftruncate, mmap(MAP_SHARED | MAP_FIXED) twice, close, madvise(MADV_DONTFORK): a child process would
  /// share the memory, not copy it. A name is that of the file, as the kernel names mappings of anonymous memory only.
  static int map_mirror(mirror_place& place, const attributes& requested) noexcept
    requires object_calls<Calls>
  {
    const bool named = requested.mapping_name.given();
    const int fd =
        new_memory_file<Calls>(named ? requested.mapping_name.get() : "quire-mirrored", place.half, kind_of(requested));
    if (fd < 0) return -fd;
    int n = Calls::resize_file(fd, place.half);
    if (n == 0) n = map_halves<Calls>(place, fd);
    Calls::close(fd);
    return n != 0 ? n : Calls::madvise(place.begin(), 2 * place.half, Calls::advice_no_fork);
  }
  /// munmap.
  static int release_mirror(mirror_place& place, const attributes& requested) noexcept {
    return release_whole_mirror<Store>(place, requested);
  }

 private:
  static constexpr unsigned kind_of(const attributes& requested) noexcept {
    if (requested.huge != huge_request::from_pool) return 0;
    return Calls::file_of_pool | static_cast<unsigned>(std::countr_zero(requested.huge_bytes)) << Calls::map_huge_shift;
  }
};

}  // namespace quire::backing::detail
