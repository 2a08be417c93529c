// SPDX-License-Identifier: BSL-1.0
#pragma once
// Windows: address space is reserved, and parts of it are committed. Committed pages are charged against memory and
// paging files together, so that no touch fails later; they become resident when they are touched.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/access.hpp>
#include <quire/backing/detail/common/touch_pages.hpp>
#include <quire/backing/detail/windows/error_codes.hpp>
#include <quire/backing/detail/windows/mirrors.hpp>
#include <quire/backing/detail/windows/observe.hpp>
#include <quire/backing/detail/windows/page_access.hpp>
#include <quire/backing/detail/windows/reserve.hpp>
#include <quire/store.hpp>
#include <quire/store/purging.hpp>

namespace quire::calls {
struct windows;
}

namespace quire::backing {

/// A test replaces `Calls`; the default is calls::windows, which the platform header includes.
template <class Calls = calls::windows, execution Execution = execution::refused>
struct windows_virtual : detail::windows_mirrors<Calls> {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/windows.hpp, or a platform header");
  using calls = Calls;

  static constexpr std::size_t largest_page = Calls::largest_page;
  // Every fault is an access violation, whatever lies at the address: the POSIX kinds do not apply.
  static constexpr store_traits traits{.fault = fault::either,
                                       .success_is_memory = true,
                                       .failure_is_error = true,
                                       .honours_alignment = true,
                                       .discard_recommits = true,
                                       .reserve_granule = Calls::allocation_granularity};

  static std::size_t page_bytes() noexcept { return Calls::page_bytes(); }
  static constexpr errc code_of(step at, int native) noexcept { return detail::windows_code<Calls>(at, native); }

  /// VirtualAlloc(MEM_RESERVE): one call up to an alignment of 64 KiB; VirtualAllocExNuma if a node is preferred.
  BOOST_FORCEINLINE static reservation reserve(std::size_t bytes, std::size_t alignment,
                                               const attributes& requested) noexcept {
    if (alignment <= Calls::allocation_granularity) return detail::reserve_at<Calls>(nullptr, bytes, requested.numa);
    return detail::reserve_aligned_beyond_granule<Calls>(bytes, alignment, requested.numa);
  }
  /// VirtualAlloc(MEM_RESERVE), which takes an address or fails, and then as reserve. The system rounds an address down
  /// to 64 KiB.
  static reservation reserve_near(std::byte* hint, std::size_t bytes, std::size_t alignment,
                                  const attributes& requested) noexcept {
    if (hint != nullptr && is_aligned(reinterpret_cast<std::uintptr_t>(hint),
                                      std::max<std::size_t>(alignment, Calls::allocation_granularity)))
      if (const reservation got = detail::reserve_at<Calls>(hint, bytes, requested.numa); got.native == 0) return got;
    return reserve(bytes, alignment, requested);
  }
  /// VirtualAlloc(MEM_COMMIT): ERROR_COMMITMENT_LIMIT if memory and paging files are exhausted.
  BOOST_FORCEINLINE static int commit(page_run r, const attributes&) noexcept {
    return Calls::virtual_alloc(r.base, r.bytes, Calls::mem_commit, Calls::page_read_write).error;
  }
  /// VirtualFree(MEM_DECOMMIT): contents, charge and locks are dropped at once.
  BOOST_FORCEINLINE static outcome decommit(page_run r, const attributes&) noexcept {
    const int n = Calls::virtual_free(r.base, r.bytes, Calls::mem_decommit);
    return n == 0 ? outcome{} : outcome{n, !is_committed(r.base)};
  }
  /// VirtualFree(MEM_RELEASE), which releases a reservation as a whole.
  BOOST_FORCEINLINE static int release(page_run whole, page_run, const attributes&) noexcept {
    return Calls::virtual_free(whole.base, 0, Calls::mem_release);
  }

  /// FlushInstructionCache.
  static constexpr unsigned char trapping_byte = Calls::trapping_byte;
  static void flush_instructions(const std::byte* code, std::size_t bytes) noexcept {
    Calls::flush_instructions(code, bytes);
  }
  /// VirtualProtect. The system unlocks pages that become inaccessible; they are locked again when they become
  /// accessible. A caller that writes code must call FlushInstructionCache.
  static constexpr bool may_execute = Execution == execution::allowed;
  BOOST_FORCEINLINE static int protect(page_run r, access wanted, const attributes& requested) noexcept {
    const int n = Calls::virtual_protect(r.base, r.bytes, protection_of(wanted));
    return n != 0 || !requested.locked || wanted == access::none ? n : Calls::virtual_lock(r.base, r.bytes);
  }
  /// Decommits pages and commits them with their previous access, run by run as VirtualQuery reports them. Locked pages
  /// become resident again at once.
  static outcome discard(page_run r, const attributes& requested) noexcept {
    outcome all;
    const int n = detail::for_each_access<Calls>(
        r, [&](page_run alike, unsigned protection) noexcept { return all.add(renew(alike, protection, requested)); });
    return {n, all.lost};
  }

  /// Supports only a preferred node, which the reservation has from the start.
  static constexpr bool places(numa_mode mode) noexcept { return mode == numa_mode::prefer; }
  static constexpr int place(page_run, const numa_request& request) noexcept {
    return places(request.mode) ? 0 : Calls::not_supported;
  }

  /// No system call: writes to each page. PrefetchVirtualMemory is a hint, and does not bring pages into the working
  /// set.
  static int populate(page_run r, const attributes&) noexcept {
    detail::touch_pages(r, page_bytes());
    return 0;
  }
  /// VirtualQuery for each run of pages with one access; then as populate.
  static int populate_part(page_run r, const attributes&, std::size_t& done) noexcept {
    done = 0;
    return detail::for_each_access<Calls>(r, [&](page_run part, unsigned protection) noexcept {
      const bool writable = protection == Calls::page_read_write || protection == Calls::page_write_copy ||
                            protection == Calls::page_execute_read_write;
      if (!writable) return Calls::access_denied;
      detail::touch_pages(part, page_bytes());
      done += part.bytes;
      return 0;
    });
  }
  /// VirtualLock: locks up to the minimum working set of the process, less a little; SetProcessWorkingSetSize raises
  /// it.
  static int lock(page_run r) noexcept { return Calls::virtual_lock(r.base, r.bytes); }

  /// A granule may be any multiple of the page size.
  static constexpr bool purges_by(std::size_t granule) noexcept { return granule >= largest_page; }
  /// OfferVirtualMemory; errc::not_supported before Windows 8.1. It unlocks pages, so locked memory is not purgeable.
  static int mark_purgeable(page_run r, volatility order, const attributes&) noexcept {
    return Calls::offer_virtual_memory(r.base, r.bytes,
                                       order == volatility::goes_first ? Calls::offer_very_low
                                       : order == volatility::normal   ? Calls::offer_low
                                                                       : Calls::offer_normal);
  }
  /// ReclaimVirtualMemory, one call per granule, as it does not report which part was lost. Lost pages are undefined,
  /// so they are decommitted and committed again.
  static int unmark_purgeable(page_run r, purge_state& state, const attributes& requested) noexcept {
    for (std::size_t done = 0; done < r.bytes; done += requested.purge_granule) {
      const page_run granule{r.base + done, requested.purge_granule};
      const int n = Calls::reclaim_virtual_memory(granule.base, granule.bytes);
      if (n != 0 && n != Calls::busy) return n;
      if (n == 0) continue;
      state = purge_state::purged;
      if (const outcome cleared = discard(granule, requested); cleared.native != 0) return cleared.native;
    }
    return 0;
  }

  /// VirtualQuery and QueryWorkingSetEx.
  static void observe(page_run accessible, page_run whole, observation& seen) noexcept {
    detail::observe_pages<Calls>(accessible, whole, seen);
  }

  /// Sleep.
  static void pause() noexcept { Calls::pause(); }
  /// A process has no copy of another one's memory here.
  static constexpr std::uint32_t process() noexcept { return 0; }

 protected:
  static constexpr unsigned protection_of(access a) noexcept {
    switch (a) {
      case access::read: return Calls::page_read_only;
      case access::read_write: return Calls::page_read_write;
      case access::read_execute: return Calls::page_execute_read;
      case access::read_write_execute: return Calls::page_execute_read_write;
      default: return Calls::page_no_access;
    }
  }

 private:
  /// Pages are decommitted in the order of their addresses: if the first is still committed, all are.
  static bool is_committed(std::byte* page) noexcept {
    typename Calls::memory_region here{};
    return Calls::virtual_query(page, here) == 0 && here.protection != 0;
  }
  static outcome renew(page_run r, unsigned protection, const attributes& requested) noexcept {
    if (const outcome done = decommit(r, requested); done.native != 0) return done;
    if (const int n = Calls::virtual_alloc(r.base, r.bytes, Calls::mem_commit, protection).error) return {n, true};
    if (!requested.locked || protection == Calls::page_no_access) return {};
    return {Calls::virtual_lock(r.base, r.bytes), true};
  }
};

/// For generated code: protect may make pages executable.
template <class Calls = calls::windows>
using executable_windows_virtual = windows_virtual<Calls, execution::allowed>;

}  // namespace quire::backing
