#pragma once
// QNX: POSIX's recipe, over a system that does not promise memory twice. What commit returns has memory behind it, and
// lack of memory is its error.
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

/// Physical memory: `bytes` from `address` on. No bytes where the system does not tell.
struct physical_run {
  std::uint64_t address = 0;
  std::size_t bytes = 0;
  friend constexpr bool operator==(const physical_run&, const physical_run&) = default;
};

/// `Calls` is what a test replaces. Natively it is calls::qnx, which the platform header includes.
///
/// Needs the ability PROCMGR_AID_MAP_FIXED, which all processes have unless a security policy takes it away: nothing
/// else gives memory back. Without it shrink and reset fail with `not_permitted`, and leave the memory as it was.
///
/// There is no `discard`: what QNX maps anew to be rid of contents has one access, and the one that pages had is not to
/// be had from it. `qnx_lazy_mmap` discards.
template <class Calls = calls::qnx>
struct qnx_mmap : posix_mmap<Calls>, detail::preallocated_shm<Calls, qnx_mmap<Calls>> {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/qnx.hpp, or a platform header");

  // Before SDP 8 only mmap takes memory, at once, so that the reservation must not: it is lazy.
  static constexpr bool commits_by_mapping = !Calls::protect_commits;
  static constexpr store_traits traits{.fault = fault::either,
                                       .success_is_memory = true,
                                       .failure_is_error = true,
                                       .honours_alignment = true,
                                       .commit_remaps = commits_by_mapping,
                                       .decommit_remaps = true};

  /// Mappings are not counted here: where changing one fails, it is memory that lacks.
  static constexpr errc code_of(step at, int native) noexcept {
    const errc code = detail::posix_code<Calls>(at, native);
    return code == errc::too_many_mappings ? errc::out_of_memory : code;
  }

  /// mmap; three to five calls where the result has to be moved to its alignment.
  BOOST_FORCEINLINE static reservation reserve(std::size_t bytes, std::size_t alignment, const attributes&) noexcept {
    return detail::reserve_aligned<Calls>(bytes, alignment, reserving);
  }
  /// mprotect, which allocates; before SDP 8 mmap(MAP_FIXED).
  BOOST_FORCEINLINE static int commit(page_run r, const attributes& requested) noexcept {
    if constexpr (commits_by_mapping)
      return map(r, Calls::prot_read | Calls::prot_write, Calls::map_reservation);
    else
      return posix_mmap<Calls>::commit(r, requested);
  }
  void revert_commit() = delete;  // what mprotect has made accessible has memory, which only mmap gives back
  /// mmap(MAP_FIXED).
  BOOST_FORCEINLINE static int decommit(page_run r, const attributes&) noexcept {
    return map(r, Calls::prot_none, reserving);
  }

  /// Nothing: the pages are there. Before SDP 8 memory was only set aside, so that pages are touched.
  BOOST_FORCEINLINE static int populate([[maybe_unused]] page_run r, const attributes&) noexcept {
    if constexpr (commits_by_mapping) detail::touch_pages(r, Calls::page_bytes());
    return 0;
  }
  /// mlock. From SDP 8 on all memory is locked, and the call checks that it is there.
  static int lock(page_run r) noexcept { return Calls::mlock(r.base, r.bytes); }

  /// mlock, from SDP 8 on: whether memory is behind every page. Nothing else can be asked.
  static void observe(page_run accessible, page_run, observation& seen) noexcept {
    if constexpr (!commits_by_mapping) {
      if (accessible.bytes == 0 || Calls::mlock(accessible.base, accessible.bytes) != 0) return;
      seen.resident_bytes = accessible.bytes;
      seen.locked = true;
    }
  }

  /// mem_offset: where the first of these pages lies, and how many behind it lie in one run.
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

/// Each commit is one run of physical memory, for devices: all that allocate commits, and all that a grow adds. Needs
/// the ability PROCMGR_AID_MEM_PHYS.
template <class Calls = calls::qnx>
struct qnx_contiguous_mmap : qnx_mmap<Calls> {
  static constexpr store_traits traits = [] {
    store_traits f = qnx_mmap<Calls>::traits;
    f.commit_remaps = true;
    return f;
  }();

  void make_object() = delete;  // its pages are not one run

  /// mmap(MAP_FIXED | MAP_PHYS).
  BOOST_FORCEINLINE static int commit(page_run r, const attributes&) noexcept {
    return qnx_mmap<Calls>::map(r, Calls::prot_read | Calls::prot_write, Calls::map_shared | Calls::map_contiguous);
  }
};

/// Memory arrives with the touch, as on Linux, and where there is none left the touch is a SIGBUS. In exchange pages
/// can be discarded. Not for a system whose memory was all locked when it was started (procnto -mL): its pages would
/// keep their contents.
template <class Calls = calls::qnx>
struct qnx_lazy_mmap : posix_mmap<Calls> {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/qnx.hpp, or a platform header");

  static constexpr store_traits traits{
      .fault = fault::either, .honours_alignment = true, .commit_remaps = true, .decommit_remaps = true};
  static constexpr errc code_of(step at, int native) noexcept { return qnx_mmap<Calls>::code_of(at, native); }

  /// mmap; three to five calls where the result has to be moved to its alignment.
  BOOST_FORCEINLINE static reservation reserve(std::size_t bytes, std::size_t alignment, const attributes&) noexcept {
    return detail::reserve_aligned<Calls>(bytes, alignment, lazily);
  }
  /// mmap(MAP_FIXED): mprotect would allocate.
  BOOST_FORCEINLINE static int commit(page_run r, const attributes&) noexcept {
    return map(r, Calls::prot_read | Calls::prot_write);
  }
  /// mmap(MAP_FIXED).
  BOOST_FORCEINLINE static int decommit(page_run r, const attributes&) noexcept { return map(r, Calls::prot_none); }
  /// posix_madvise(POSIX_MADV_DISCARD_NP), which acts on lazy mappings only: of the first page by itself, so that it is
  /// known whether a call that is refused has changed anything.
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
