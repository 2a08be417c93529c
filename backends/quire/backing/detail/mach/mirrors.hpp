// SPDX-License-Identifier: BSL-1.0
#pragma once
// Mirrored memory on macOS: the first half is mapped a second time behind itself.
#include <cstddef>

#include <quire/backing/detail/common/whole_mirror.hpp>
#include <quire/policy/attributes.hpp>
#include <quire/store/mirrors.hpp>

namespace quire::backing::detail {

/// A base of mach_vm.
template <class Calls, class Store>
struct mach_mirrors {
  static std::size_t mirror_granule() noexcept { return Store::page_bytes(); }
  static constexpr bool mirrors(const attributes& requested) noexcept { return requested.purge_granule == 0; }
  /// As reserve.
  static int reserve_mirror(mirror_place& place, std::size_t alignment, const attributes& requested) noexcept {
    return reserve_whole_mirror<Store>(place, alignment, requested);
  }
  /// mach_vm_protect; mach_vm_remap without a copy, in one step that leaves no gap; mach_vm_inherit, as a child process
  /// would have a copy of each half. The second half has the access and the VM tag of the first.
  static int map_mirror(mirror_place& place, const attributes&) noexcept {
    constexpr int both = Calls::prot_read | Calls::prot_write;
    const page_run first = place.first();
    if (const int n = Calls::vm_protect(first.base, first.bytes, both)) return n;
    place.views = 1;
    if (const int n = Calls::vm_remap_shared(first.base + first.bytes, first.bytes, first.base, Calls::inherit_none))
      return n;
    place.views = 2;
    return Calls::vm_inherit(first.base, first.bytes, Calls::inherit_none);
  }
  /// mach_vm_deallocate.
  static int release_mirror(mirror_place& place, const attributes& requested) noexcept {
    return release_whole_mirror<Store>(place, requested);
  }
};

}  // namespace quire::backing::detail
