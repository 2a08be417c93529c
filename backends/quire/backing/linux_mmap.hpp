// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux: a reservation is an inaccessible mapping; commit makes parts of it accessible, and decommit maps them anew.
#include <algorithm>
#include <bit>
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

#include <quire/access.hpp>
#include <quire/backing/detail/common/touch_pages.hpp>
#include <quire/backing/detail/linux/dirty_scan.hpp>
#include <quire/backing/detail/linux/effect_check.hpp>
#include <quire/backing/detail/linux/give_back.hpp>
#include <quire/backing/detail/linux/guard_markers.hpp>
#include <quire/backing/detail/linux/many_runs.hpp>
#include <quire/backing/detail/linux/memfd_images.hpp>
#include <quire/backing/detail/linux/mempolicy.hpp>
#include <quire/backing/detail/linux/mirrors.hpp>
#include <quire/backing/detail/linux/mte.hpp>
#include <quire/backing/detail/linux/no_huge.hpp>
#include <quire/backing/detail/linux/observe.hpp>
#include <quire/backing/detail/linux/populate_part.hpp>
#include <quire/backing/detail/linux/preallocated_memfd.hpp>
#include <quire/backing/detail/linux/protection_keys.hpp>
#include <quire/backing/detail/linux/reserve_within.hpp>
#include <quire/backing/detail/posix/aligned_reserve.hpp>
#include <quire/backing/detail/posix/error_codes.hpp>
#include <quire/store.hpp>
#include <quire/system/linux/headroom.hpp>
#include <quire/units.hpp>

namespace quire::calls {
struct linux_kernel;
}

namespace quire::backing {

/// A test replaces `Calls`; the default is calls::linux_kernel, which the platform header includes.
template <class Calls = calls::linux_kernel, execution Execution = execution::refused>
struct linux_mmap : detail::linux_images<Calls, linux_mmap<Calls, Execution>>,
                    detail::preallocated_memfd<Calls>,
                    detail::memfd_mirrors<Calls, linux_mmap<Calls, Execution>>,
                    detail::linux_effect_check<Calls, linux_mmap<Calls, Execution>>,
                    detail::linux_dirty_scan<Calls>,
                    detail::linux_guard_markers<Calls>,
                    detail::linux_protection_keys<Calls> {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/linux.hpp, or a platform header");
  using calls = Calls;

  static constexpr std::size_t largest_page = Calls::largest_page;
  // Overcommit: success does not guarantee memory, and lack of memory may invoke the kernel's OOM killer.
  static constexpr store_traits traits{.fault = fault::accerr,
                                       .honours_alignment = true,
                                       .decommit_remaps = true,
                                       .reserve_granule = detail::reserve_granule};

  static constexpr std::size_t page_bytes() noexcept { return Calls::page_bytes(); }
  static constexpr errc code_of(step at, int native) noexcept { return detail::posix_code<Calls>(at, native); }

  static constexpr bool chooses_addresses = true;
  /// mmap: one call if the kernel aligns the mapping itself. Within requested addresses: reads /proc/self/maps, which
  /// takes some 0.1 us for each mapping, and calls mmap(MAP_FIXED_NOREPLACE).
  BOOST_FORCEINLINE static reservation reserve(std::size_t bytes, std::size_t alignment,
                                               const attributes& requested) noexcept {
    if (requested.addresses.given)
      return detail::reserve_within<Calls>(bytes, alignment, protection_of(access::none, requested),
                                           flags_of(requested), requested.addresses);
    if constexpr (detail::tagging_calls<Calls>)
      if (requested.wants_hardware_tags())
        return detail::reserve_aligned < Calls,
               Calls::prot_none | Calls::prot_tagged > (bytes, alignment, flags_of(requested));
    return detail::reserve_aligned<Calls>(bytes, alignment, flags_of(requested));
  }
  /// mprotect.
  BOOST_FORCEINLINE static int commit(page_run r, const attributes& requested) noexcept {
    return Calls::mprotect(r.base, r.bytes, protection_of(access::read_write, requested));
  }
  /// mmap(MAP_FIXED) up to 2 MiB or one huge page of a pool; beyond that mprotect, one madvise per 2 MiB, and mmap.
  BOOST_FORCEINLINE static outcome decommit(page_run r, const attributes& requested) noexcept {
    return giving_back::decommit(r, {protection_of(access::none, requested), flags_of(requested), chunk_of(requested)});
  }
  /// mprotect, then one madvise per 2 MiB: the pages keep their configuration and their charge.
  BOOST_FORCEINLINE static outcome decommit_in_place(page_run r, const attributes& requested) noexcept {
    return giving_back::close_and_empty(
        r, {protection_of(access::none, requested), flags_of(requested), chunk_of(requested)});
  }
  /// madvise(MADV_POPULATE_READ), unless the refusal was ENOMEM; mprotect and madvise if pages had become accessible.
  BOOST_FORCEINLINE static bool revert_commit(page_run r, int native) noexcept {
    return giving_back::revert_commit(r, native);
  }
  /// mprotect, if the refusal was ENOMEM.
  BOOST_FORCEINLINE static errc cause_of_refused_commit(page_run r, int native, const attributes& requested) noexcept {
    return giving_back::cause_of_refused_commit(r, native, protection_of(access::read, requested));
  }
  /// munmap.
  BOOST_FORCEINLINE static int release(page_run whole, page_run, const attributes&) noexcept {
    return Calls::munmap(whole.base, whole.bytes);
  }
  /// mmap: the kernel takes the address if nothing is mapped there. Requested addresses come before the hint.
  static reservation reserve_near(std::byte* hint, std::size_t bytes, std::size_t alignment,
                                  const attributes& requested) noexcept {
    if (requested.addresses.given) return reserve(bytes, alignment, requested);
    return detail::reserve_aligned<Calls>(bytes, alignment, flags_of(requested), hint);
  }
  /// munmap.
  static int release_tail(page_run r, const attributes&) noexcept { return Calls::munmap(r.base, r.bytes); }

  /// mprotect. Pages of a pool that discard could not populate again are populated before they can be touched.
  static constexpr bool may_execute = Execution == execution::allowed;
  BOOST_FORCEINLINE static int protect(page_run r, access wanted, const attributes& requested) noexcept {
    const int n = Calls::mprotect(r.base, r.bytes, protection_of(wanted, requested));
    return n != 0 || requested.huge != huge_request::from_pool ? n : take_again(r, requested.huge_bytes);
  }
  /// madvise(MADV_DONTNEED), or MADV_DONTNEED_LOCKED if pages are locked (before Linux 5.18: unlocked and locked
  /// again). Pages of a pool are populated again at once, because a touch that finds the pool empty raises a signal.
  /// Tagged pages are cleared in place: the kernel would drop their tags, and restoring these would populate the pages
  /// again.
  BOOST_FORCEINLINE static outcome discard(page_run r, const attributes& requested) noexcept {
    if constexpr (detail::tagging_calls<Calls>)
      if (requested.wants_hardware_tags()) return {clear_tagged(r, requested.tags.tag), true};
    const outcome done = giving_back::discard(r, chunk_of(requested), requested.locked);
    return done.native != 0 || requested.huge != huge_request::from_pool
               ? done
               : outcome{take_again(r, requested.huge_bytes), true};
  }
  /// process_madvise(MADV_DONTNEED) for up to 64 runs at once, where the kernel permits it; otherwise as discard.
  static outcome discard_all(std::span<const page_run> runs, const attributes& requested) noexcept {
    return detail::advise_runs<Calls>(runs, Calls::advice_discard, [&](page_run r) { return discard(r, requested); });
  }

  /// mbind, before the first touch. The kernel drops absent nodes from a set; here an absent node is an error.
  BOOST_FORCEINLINE static int place(page_run r, const numa_request& request) noexcept {
    return detail::place_pages<Calls>(r, request);
  }
  /// madvise(MADV_HUGEPAGE or MADV_NOHUGEPAGE).
  BOOST_FORCEINLINE static int advise_huge(page_run r, huge_request request) noexcept {
    if (request != huge_request::never) return Calls::madvise(r.base, r.bytes, Calls::advice_huge);
    const int n = Calls::madvise(r.base, r.bytes, Calls::advice_no_huge);
    return n == 0 ? 0 : detail::refused_no_huge<Calls>(r.base, n);
  }
  /// madvise(MADV_COLLAPSE), one call per block. EINVAL means a block without any page, which is skipped (mincore), a
  /// block whose pages cannot become huge, or a kernel without the call.
  static int collapse(page_run r, std::size_t block) noexcept {
    bool some = false, all = true;
    for (std::size_t done = 0; done < r.bytes; done += block) {
      const int n = Calls::madvise(r.base + done, block, Calls::advice_collapse);
      if (n != 0 && n != Calls::invalid) return n;
      some = some || n == 0;
      all = all && (n == 0 || quire::detail::resident_bytes<Calls>(r.base + done, block) == std::size_t{0});
    }
    return some && all ? 0 : Calls::invalid;
  }
  static constexpr bool serves_pool_of(std::size_t huge_bytes) noexcept { return huge_bytes > largest_page; }

  /// madvise(MADV_POPULATE_WRITE). Before Linux 5.14 pages are touched instead, except those of a pool: an empty pool
  /// would kill the process.
  BOOST_FORCEINLINE static int populate(page_run r, const attributes& requested) noexcept {
    const int n = prefault(r, requested);
    if (n != Calls::invalid || requested.huge == huge_request::from_pool) return n;
    detail::touch_pages(r, page_bytes());
    return 0;
  }
  /// madvise(MADV_POPULATE_WRITE). Before Linux 5.14, writable pages are touched, as /proc/self/maps reports them.
  static int populate_part(page_run r, const attributes& requested, std::size_t& done) noexcept {
    return detail::populate_part<Calls>(r, chunk_of(requested), done);
  }
  /// madvise(MADV_POPULATE_WRITE). Before Linux 5.14: EINVAL.
  static int prefault(page_run r, const attributes& requested) noexcept {
    return advise_in_chunks(r, Calls::advice_populate_write, chunk_of(requested));
  }
  /// Both read limits in /proc and /sys; recheck_headroom does not if all pages are resident (mincore), as before most
  /// resets.
  static int assure(page_run r, const attributes& a) noexcept { return quire::detail::assure<Calls>(r.bytes, a); }
  static int recheck_headroom(page_run r, const attributes& a) noexcept {
    return quire::detail::recheck_headroom<Calls>(r, a);
  }
  static int lock(page_run r) noexcept { return Calls::mlock(r.base, r.bytes); }
  static int exclude_from_dumps(page_run r) noexcept { return Calls::madvise(r.base, r.bytes, Calls::advice_no_dump); }
  static int exclude_from_forks(page_run r) noexcept { return Calls::madvise(r.base, r.bytes, Calls::advice_no_fork); }
  static int name(page_run r, const char* text) noexcept { return Calls::name_mapping(r.base, r.bytes, text); }

  /// prctl(PR_GET_TAGGED_ADDR_CTRL) of the calling thread, and the machine's HWCAP2: changes neither.
  static int permit_tags(const tag_request& request, std::uint16_t& usable) noexcept
    requires detail::tagging_calls<Calls>
  {
    return detail::permit_tags<Calls>(request, usable);
  }
  /// No system call: an instruction draws from the tags that the thread allows, so `choices` must be among these.
  static int draw_tag(std::uint16_t choices, unsigned char& tag) noexcept
    requires detail::tagging_calls<Calls>
  {
    if (choices == 0) return Calls::forbidden;
    tag = static_cast<unsigned char>(Calls::draw_tag(static_cast<std::uint16_t>(~choices)));
    return 0;
  }
  /// No system call. A mapping without tags ignores them, so the last tag is read back.
  BOOST_FORCEINLINE static int tag(page_run r, unsigned tag) noexcept
    requires detail::tagging_calls<Calls>
  {
    Calls::tag(with_tag_in(r.base, tag), r.bytes);
    return took_tag(r, tag);
  }
  /// madvise(MADV_POPULATE_WRITE): EINVAL if a page is not writable, and before Linux 5.14.
  static int check_writable(page_run r) noexcept
    requires detail::tagging_calls<Calls>
  {
    return prefault(r, {});
  }
  /// No system call: a bit of the processor's state.
  static std::uint64_t suspend_tag_checks() noexcept
    requires requires { Calls::check_override(); }
  {
    const std::uint64_t before = Calls::check_override();
    Calls::set_check_override(before | Calls::checks_suspended);
    return before;
  }
  static void resume_tag_checks(std::uint64_t before) noexcept
    requires requires { Calls::check_override(); }
  {
    Calls::set_check_override(before);
  }

  /// For code that a program has written.
  static constexpr unsigned char trapping_byte = Calls::trapping_byte;
  BOOST_FORCEINLINE static void flush_instructions(const std::byte* code, std::size_t bytes) noexcept {
    Calls::flush_instructions(code, bytes);
  }

  /// Reads /proc/self/maps and /proc/sys/vm/max_map_count: some 0.1 us for each mapping.
  static mapping_count count_mappings() noexcept {
    const explanation now = quire::detail::number_of_mappings<Calls>();
    return {now.used.value_or(0), now.limit.value_or(UINT64_MAX)};
  }
  /// No system call.
  BOOST_FORCEINLINE static unsigned processor() noexcept { return Calls::processor(); }
  /// nanosleep.
  static void pause() noexcept { Calls::pause(); }
  /// getpid.
  static std::uint32_t process() noexcept { return Calls::process_number(); }

  /// Reads /proc/self/smaps; get_mempolicy and move_pages need no privileges for the process's own pages.
  static void observe(page_run accessible, page_run whole, observation& seen) noexcept {
    detail::observe_mappings<Calls>(accessible, whole, seen);
  }

 private:
  using giving_back = detail::linux_give_back<Calls>;

  static constexpr std::size_t chunk_of(const attributes& requested) noexcept {
    return std::max(std::size_t{2} << 20, requested.huge_bytes);
  }
  static constexpr int flags_of(const attributes& requested) noexcept {
    if (requested.huge != huge_request::from_pool) return Calls::map_reservation;
    return Calls::map_reservation | Calls::map_hugetlb |
           (std::countr_zero(requested.huge_bytes) << Calls::map_huge_shift);
  }
  /// Each change of access states again whether pages take tags, so that a mapping stays uniform and its parts can
  /// merge.
  BOOST_FORCEINLINE static constexpr int protection_of(access a, const attributes& requested) noexcept {
    const int tagged = detail::tag_protection<Calls>(requested);
    switch (a) {
      case access::read: return tagged | Calls::prot_read;
      case access::read_write: return tagged | Calls::prot_read | Calls::prot_write;
      case access::read_execute: return tagged | Calls::prot_read | Calls::prot_exec;
      case access::read_write_execute: return tagged | Calls::prot_read | Calls::prot_write | Calls::prot_exec;
      default: return tagged | Calls::prot_none;
    }
  }

  static int took_tag(page_run r, unsigned tag) noexcept {
    return Calls::tag_at(r.base + r.bytes - tag_granule) == tag ? 0 : Calls::unsupported;
  }
  static int clear_tagged(page_run r, unsigned tag) noexcept {
    Calls::clear_and_tag(with_tag_in(r.base, tag), r.bytes);
    return took_tag(r, tag);
  }

  /// A call that sweeps pages holds the lock of the address space; calls of 2 MiB let other threads in between.
  BOOST_FORCEINLINE static int advise_in_chunks(page_run r, int advice, std::size_t chunk) noexcept {
    for (std::size_t done = 0; done < r.bytes; done += chunk)
      if (const int n = Calls::madvise(r.base + done, std::min(chunk, r.bytes - done), advice)) return n;
    return 0;
  }
  /// Reading suffices for a pool, which has no shared zero page. EINVAL: the page is not readable, so it cannot be
  /// touched either.
  static int take_again(page_run r, std::size_t huge_bytes) noexcept {
    for (std::size_t done = 0; done < r.bytes; done += huge_bytes) {
      const int n = Calls::madvise(r.base + done, huge_bytes, Calls::advice_populate_read);
      if (n != 0 && n != Calls::invalid) return n;
    }
    return 0;
  }
};

/// For generated code: protect may make pages executable.
template <class Calls = calls::linux_kernel>
using executable_linux_mmap = linux_mmap<Calls, execution::allowed>;

}  // namespace quire::backing
