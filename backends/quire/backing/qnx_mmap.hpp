// SPDX-License-Identifier: BSL-1.0
#pragma once
// QNX: the calls of POSIX, on a system that does not overcommit. Committed pages have memory behind them, and lack of
// memory is an error of commit.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/backing/detail/common/touch_pages.hpp>
#include <quire/backing/detail/qnx/preallocated_shm.hpp>
#include <quire/backing/posix_mmap.hpp>
#include <quire/store.hpp>
#include <quire/system/observation.hpp>

namespace quire::calls {
struct qnx;
}

namespace quire::backing {

/// A run of physical memory: `bytes` bytes from `address` on; 0 bytes if the system does not report it.
struct physical_run {
  std::uint64_t address = 0;
  std::size_t bytes = 0;
  friend constexpr bool operator==(const physical_run&, const physical_run&) = default;
};

/// A test replaces `Calls`; the default is calls::qnx, which the platform header includes.
///
/// Requires the ability PROCMGR_AID_MAP_FIXED, which all processes have unless a security policy takes it away: no
/// other call gives memory back. Without it shrink and reset fail with errc::not_permitted and leave the memory as it
/// was.
///
/// There is no `discard`: QNX drops contents only by mapping pages anew, all with one access, and does not report which
/// access they had. `qnx_lazy_mmap` can discard.
template <class Calls = calls::qnx>
struct qnx_mmap : posix_mmap<Calls>, detail::preallocated_shm<Calls, qnx_mmap<Calls>> {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/qnx.hpp, or a platform header");

  // Before SDP 8 only mmap takes memory, and takes it at once, so the reservation must be lazy.
  /// Whether a commit is an mmap; else an mprotect.
  static constexpr bool commits_by_mapping = !Calls::protect_commits;
  static constexpr store_traits traits{.fault = fault::either,
                                       .success_is_memory = true,
                                       .failure_is_error = true,
                                       .honours_alignment = true,
                                       .commit_remaps = commits_by_mapping,
                                       .decommit_remaps = true};

  /// QNX does not limit the number of mappings: if changing one fails, memory is exhausted.
  static constexpr errc code_of(step at, int native) noexcept {
    const errc code = detail::posix_code<Calls>(at, native);
    return code == errc::too_many_mappings ? errc::out_of_memory : code;
  }

  /// mmap; three to seven calls if the mapping has to be moved to its alignment.
  BOOST_FORCEINLINE static reservation reserve(std::size_t bytes, std::size_t alignment, const attributes&) noexcept {
    return detail::reserve_aligned<Calls>(bytes, alignment, reserving);
  }
  /// mmap: the system tries the address first.
  static reservation reserve_near(std::byte* hint, std::size_t bytes, std::size_t alignment,
                                  const attributes&) noexcept {
    return detail::reserve_aligned<Calls>(bytes, alignment, reserving, hint);
  }
  /// mprotect, which allocates; before SDP 8 mmap(MAP_FIXED).
  BOOST_FORCEINLINE static int commit(page_run r, const attributes& requested) noexcept {
    if constexpr (commits_by_mapping) return map(r, Calls::prot_read | Calls::prot_write, Calls::map_reservation);
    return posix_mmap<Calls>::commit(r, requested);
  }
  void revert_commit() = delete;  // pages that mprotect made accessible have memory, which only mmap gives back
  /// mmap(MAP_FIXED).
  BOOST_FORCEINLINE static int decommit(page_run r, const attributes&) noexcept {
    return map(r, Calls::prot_none, reserving);
  }

  /// Does nothing from SDP 8 on: the pages are resident. Before SDP 8 memory was only set aside, so pages are touched.
  BOOST_FORCEINLINE static int populate([[maybe_unused]] page_run r, const attributes&) noexcept {
    if constexpr (commits_by_mapping) detail::touch_pages(r, Calls::page_bytes());
    return 0;
  }
  /// mlock. From SDP 8 on all memory is locked, and the call checks that it is present.
  static int lock(page_run r) noexcept { return Calls::mlock(r.base, r.bytes); }

  /// mlock, from SDP 8 on: whether every page has memory behind it. Nothing else can be queried.
  static void observe(page_run accessible, page_run, observation& seen) noexcept {
    if constexpr (!commits_by_mapping) {
      if (accessible.bytes == 0 || Calls::mlock(accessible.base, accessible.bytes) != 0) return;
      seen.resident_bytes = accessible.bytes;
      seen.locked = true;
    }
  }

  /// mem_offset: the physical address of the first page, and how many bytes from there on are contiguous.
  [[nodiscard]] static physical_run find_physical(page_run r) noexcept {
    physical_run found;
    return Calls::find_physical(r.base, r.bytes, found.address, found.bytes) == 0 ? found : physical_run{};
  }

 protected:
  static constexpr int reserving = Calls::map_reservation | (commits_by_mapping ? Calls::map_lazy : 0);

  BOOST_FORCEINLINE static int map(page_run r, int protection, int flags) noexcept {
    return Calls::mmap(r.base, r.bytes, protection, flags | Calls::map_fixed).error;
  }
};

/// Each commit is one run of physical memory, for devices: the pages that allocate commits, and those that each grow
/// adds. Requires the ability PROCMGR_AID_MEM_PHYS.
template <class Calls = calls::qnx>
struct qnx_contiguous_mmap : qnx_mmap<Calls> {
  static constexpr store_traits traits = [] {
    store_traits f = qnx_mmap<Calls>::traits;
    f.commit_remaps = true;
    return f;
  }();

  void make_object() = delete;  // the pages of an object are not one run

  /// mmap(MAP_FIXED | MAP_PHYS).
  BOOST_FORCEINLINE static int commit(page_run r, const attributes&) noexcept {
    return qnx_mmap<Calls>::map(r, Calls::prot_read | Calls::prot_write, Calls::map_shared | Calls::map_contiguous);
  }
};

/// Pages are allocated when they are touched, as on Linux, and a touch raises SIGBUS if no memory is left. In exchange,
/// pages can be discarded. Unsuitable for a system that was started with all memory locked (procnto -mL): its pages
/// would keep their contents.
template <class Calls = calls::qnx>
struct qnx_lazy_mmap : posix_mmap<Calls> {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/qnx.hpp, or a platform header");

  static constexpr store_traits traits{
      .fault = fault::either, .honours_alignment = true, .commit_remaps = true, .decommit_remaps = true};
  static constexpr errc code_of(step at, int native) noexcept { return qnx_mmap<Calls>::code_of(at, native); }

  /// mmap; three to seven calls if the mapping has to be moved to its alignment.
  BOOST_FORCEINLINE static reservation reserve(std::size_t bytes, std::size_t alignment, const attributes&) noexcept {
    return detail::reserve_aligned<Calls>(bytes, alignment, lazily);
  }
  /// mmap: the system tries the address first.
  static reservation reserve_near(std::byte* hint, std::size_t bytes, std::size_t alignment,
                                  const attributes&) noexcept {
    return detail::reserve_aligned<Calls>(bytes, alignment, lazily, hint);
  }
  /// mmap(MAP_FIXED): mprotect would allocate.
  BOOST_FORCEINLINE static int commit(page_run r, const attributes&) noexcept {
    return map(r, Calls::prot_read | Calls::prot_write);
  }
  void revert_commit() = delete;  // it would map what is not lazy
  /// mmap(MAP_FIXED).
  BOOST_FORCEINLINE static int decommit(page_run r, const attributes&) noexcept { return map(r, Calls::prot_none); }
  /// posix_madvise(POSIX_MADV_DISCARD_NP), which acts on lazy mappings only. The first page has a call of its own, so
  /// that it is known whether a refused call has changed anything.
  static outcome discard(page_run r, const attributes&) noexcept {
    const std::size_t first = Calls::page_bytes();
    if (const int n = Calls::madvise(r.base, first, Calls::advice_discard)) return n;
    if (r.bytes == first) return {};
    return {Calls::madvise(r.base + first, r.bytes - first, Calls::advice_discard), true};
  }

 private:
  static constexpr int lazily = Calls::map_reservation | Calls::map_lazy;
  BOOST_FORCEINLINE static int map(page_run r, int protection) noexcept {
    return Calls::mmap(r.base, r.bytes, protection, lazily | Calls::map_fixed).error;
  }
};

}  // namespace quire::backing
