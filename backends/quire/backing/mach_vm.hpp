// SPDX-License-Identifier: BSL-1.0
#pragma once
// macOS: one inaccessible mapping, in which parts are made accessible. Darwin has no advice that is sure to zero pages,
// so contents are dropped by mapping fresh memory over them, in one step that leaves no gap.
#include <bit>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <quire/backing/detail/common/touch_pages.hpp>
#include <quire/backing/detail/mach/error_codes.hpp>
#include <quire/backing/detail/mach/mirrors.hpp>
#include <quire/backing/detail/mach/observe.hpp>
#include <quire/store.hpp>
#include <quire/store/purging.hpp>
#include <quire/units.hpp>

namespace quire::calls {
struct mach;
}

namespace quire::backing {

/// Never executable: the maximum access to every mapping is to read and write. A test replaces `Calls`; the default is
/// calls::mach, which the platform header includes.
template <class Calls = calls::mach>
struct mach_vm : detail::mach_mirrors<Calls, mach_vm<Calls>> {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/mach.hpp, or a platform header");
  using calls = Calls;

  static constexpr std::size_t largest_page = Calls::largest_page;
  // Mapped pages without access raise SIGBUS, unmapped addresses SIGSEGV. Memory is not accounted for in advance.
  static constexpr store_traits traits{.fault = fault::either,
                                       .honours_alignment = true,
                                       .decommit_remaps = true,
                                       .discard_recommits = true,
                                       .purgeable_commit_remaps = true};
  static constexpr bool takes_vm_tags = true;

  static std::size_t page_bytes() noexcept { return Calls::page_bytes(); }
  static constexpr errc code_of(step at, int native) noexcept { return detail::mach_code<Calls>(at, native); }

  /// mach_vm_map: one call at any alignment.
  BOOST_FORCEINLINE static reservation reserve(std::size_t bytes, std::size_t alignment,
                                               const attributes& requested) noexcept {
    return reserve_from(nullptr, bytes, alignment, requested);
  }
  /// The same; the kernel searches upwards from the hint, and only there, so that it may have to be asked again.
  static reservation reserve_near(std::byte* hint, std::size_t bytes, std::size_t alignment,
                                  const attributes& requested) noexcept {
    const reservation got = reserve_from(hint, bytes, alignment, requested);
    return got.native == 0 || hint == nullptr ? got : reserve_from(nullptr, bytes, alignment, requested);
  }
  /// mach_vm_protect; for purgeable memory, mach_vm_map of one object per granule.
  BOOST_FORCEINLINE static int commit(page_run r, const attributes& requested) noexcept {
    if (requested.purge_granule != 0) return map_over(r, read_write, Calls::inherit_copy, requested).native;
    return Calls::vm_protect(r.base, r.bytes, read_write);
  }
  /// mach_vm_map over the pages, which also unlocks them.
  BOOST_FORCEINLINE static int decommit(page_run r, const attributes& requested) noexcept {
    return map_plain(r, 0, Calls::prot_none, Calls::inherit_copy, requested);
  }
  /// mach_vm_deallocate.
  BOOST_FORCEINLINE static int release(page_run whole, page_run, const attributes&) noexcept {
    return Calls::vm_deallocate(whole.base, whole.bytes);
  }
  /// mach_vm_deallocate.
  static int release_tail(page_run r, const attributes&) noexcept { return Calls::vm_deallocate(r.base, r.bytes); }

  /// mach_vm_protect, which changes all of the pages or none.
  BOOST_FORCEINLINE static int protect(page_run r, access wanted, const attributes&) noexcept {
    switch (wanted) {
      case access::none: return Calls::vm_protect(r.base, r.bytes, Calls::prot_none);
      case access::read: return Calls::vm_protect(r.base, r.bytes, Calls::prot_read);
      case access::read_write: return Calls::vm_protect(r.base, r.bytes, read_write);
      default: return Calls::not_supported;
    }
  }
  /// mach_vm_map over each region, with the access and inheritance that mach_vm_region reports; pages are locked again.
  static outcome discard(page_run r, const attributes& requested) noexcept {
    outcome all;
    const int n = detail::for_each_region<Calls>(r, [&](page_run part, const auto& region) {
      const int failed = all.add(map_over(part, region.current, region.inheritance, requested));
      return failed == 0 && (!requested.locked || all.add(lock(part)) == 0);
    });
    return {n != 0 ? n : all.native, all.lost};
  }

  /// No system call: writes to each page. Darwin has no advice that populates anonymous pages.
  static int populate(page_run r, const attributes&) noexcept {
    detail::touch_pages(r, page_bytes());
    return 0;
  }
  /// mach_vm_region for each region; then as populate.
  static int populate_part(page_run r, const attributes&, std::size_t& done) noexcept {
    done = 0;
    const int n = detail::for_each_region<Calls>(r, [&](page_run part, const auto& region) {
      if (part.base != r.base + done || (region.current & Calls::prot_write) == 0) return false;
      detail::touch_pages(part, page_bytes());
      done += part.bytes;
      return true;
    });
    return n != 0 ? n : done == r.bytes ? 0 : Calls::protection_failure;
  }
  static int lock(page_run r) noexcept { return Calls::mlock(r.base, r.bytes); }
  /// mach_vm_inherit.
  static int exclude_from_forks(page_run r) noexcept { return Calls::vm_inherit(r.base, r.bytes, Calls::inherit_none); }

  /// A granule consists of whole pages on every machine, and is no larger than an object may be.
  static constexpr bool purges_by(std::size_t granule) noexcept {
    return std::has_single_bit(granule) && granule >= largest_page && granule <= Calls::largest_purgeable;
  }
  /// mach_vm_purgable_control, one call per granule.
  static int mark_purgeable(page_run r, volatility order, const attributes& requested) noexcept {
    for (std::size_t done = 0; done < r.bytes; done += requested.purge_granule) {
      int state = Calls::volatile_state | order_of(order);
      if (const int n = Calls::vm_purgable_control(r.base + done, Calls::set_state, state)) return n;
    }
    return 0;
  }
  /// mach_vm_purgable_control, one call per granule. The old state tells whether contents were purged; they then read
  /// as zero.
  static int unmark_purgeable(page_run r, purge_state& told, const attributes& requested) noexcept {
    for (std::size_t done = 0; done < r.bytes; done += requested.purge_granule) {
      int state = Calls::nonvolatile_state;
      if (const int n = Calls::vm_purgable_control(r.base + done, Calls::set_state, state)) return n;
      if ((state & Calls::state_mask) == Calls::empty_state) told = purge_state::purged;
    }
    return 0;
  }

  /// Contents in a mapping of their own.
  struct image_object {
    std::byte* base = nullptr;
    std::size_t bytes = 0;
  };
  static std::size_t image_granule() noexcept { return page_bytes(); }
  /// mach_vm_map, then mach_vm_protect once the contents are copied.
  static int make_image(std::span<const std::byte> contents, image_object& object) noexcept {
    const std::size_t bytes = align_up(contents.size(), page_bytes());
    const auto got = Calls::vm_map(nullptr, bytes, 0, Calls::anywhere, read_write, read_write, Calls::inherit_copy);
    if (got.error != 0) return got.error;
    std::memcpy(got.address, contents.data(), contents.size());
    if (const int n = Calls::vm_protect(got.address, bytes, Calls::prot_read)) {
      (void)Calls::vm_deallocate(got.address, bytes);
      return n;
    }
    object = {static_cast<std::byte*>(got.address), bytes};
    return 0;
  }
  static void release_image(const image_object& object) noexcept {
    (void)Calls::vm_deallocate(object.base, object.bytes);
  }
  /// mach_vm_remap as a copy, then mach_vm_protect: the copy has the access of the image, and its VM tag, which is
  /// none.
  static int map_image(page_run r, const image_object& from, std::size_t offset, const attributes&) noexcept {
    if (const int n = Calls::vm_remap_copy(r.base, r.bytes, from.base + offset, Calls::inherit_copy)) return n;
    return Calls::vm_protect(r.base, r.bytes, read_write);
  }
  static int unmap_image(page_run r, const attributes& requested) noexcept { return decommit(r, requested); }
  static constexpr int may_clear_image(page_run, bool) noexcept { return 0; }
  static outcome clear_image(page_run r, bool, const attributes& requested) noexcept { return discard(r, requested); }
  static outcome remap_image(page_run r, const image_object& from, std::size_t offset,
                             const attributes& requested) noexcept {
    return {map_image(r, from, offset, requested), true};
  }

  /// mach_vm_region.
  static void observe(page_run accessible, page_run whole, observation& seen) noexcept {
    detail::observe_regions<Calls>(accessible, whole, seen);
  }

  /// nanosleep.
  static void pause() noexcept { Calls::pause(); }
  /// getpid.
  static std::uint32_t process() noexcept { return Calls::process_number(); }

 private:
  BOOST_FORCEINLINE static reservation reserve_from(std::byte* lowest, std::size_t bytes, std::size_t alignment,
                                                    const attributes& requested) noexcept {
    const auto got = Calls::vm_map(lowest, bytes, alignment - 1, Calls::anywhere | tag_of(requested), Calls::prot_none,
                                   read_write, Calls::inherit_copy);
    return {static_cast<std::byte*>(got.address), got.error};
  }
  static constexpr int read_write = Calls::prot_read | Calls::prot_write;

  BOOST_FORCEINLINE static constexpr int tag_of(const attributes& requested) noexcept {
    return static_cast<int>(static_cast<unsigned>(requested.vm_tag) << Calls::tag_shift);
  }
  static constexpr int order_of(volatility order) noexcept {
    return order == volatility::goes_first ? Calls::goes_first : order == volatility::goes_last ? Calls::last_group : 0;
  }
  BOOST_FORCEINLINE static int map_plain(page_run r, int flags, int current, int inheritance,
                                         const attributes& requested) noexcept {
    return Calls::vm_map(r.base, r.bytes, 0, Calls::fixed | Calls::overwrite | flags | tag_of(requested), current,
                         read_write, inheritance)
        .error;
  }
  /// Maps fresh memory; if it is purgeable, one object per granule.
  BOOST_FORCEINLINE static outcome map_over(page_run r, int current, int inheritance,
                                            const attributes& requested) noexcept {
    if (requested.purge_granule == 0) return map_plain(r, 0, current, inheritance, requested);
    for (std::size_t done = 0; done < r.bytes; done += requested.purge_granule)
      if (const int n =
              map_plain({r.base + done, requested.purge_granule}, Calls::purgeable, current, inheritance, requested))
        return {n, done != 0};
    return {};
  }
};

}  // namespace quire::backing
