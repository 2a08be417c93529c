// SPDX-License-Identifier: BSL-1.0
#pragma once
// How Linux takes pages back, even if the process itself has locked or sealed them, or has cut the memory into as many
// mappings as it may have.
#include <algorithm>
#include <boost/config.hpp>
#include <cstddef>

#include <quire/backing/detail/posix/error_codes.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::backing::detail {

/// The arguments that a reservation was mapped with, so that a part of it can be mapped again, and how many bytes one
/// call may sweep: such a call holds the lock of the address space, and other threads wait for it.
struct linux_reservation {
  int protection;
  int flags;
  std::size_t chunk;
};

template <class Calls>
struct linux_give_back {
  /// mmap(MAP_FIXED) up to a chunk; otherwise mprotect, madvise for each chunk, and mmap(MAP_FIXED) over the emptied
  /// pages. Mapping anew is the only call that returns the commit charge where the kernel counts it, takes locked
  /// pages, needs no further mapping if it replaces many, and changes nothing if it is refused. If it is refused, as
  /// under mlockall(MCL_FUTURE) and RLIMIT_MEMLOCK, the pages are made inaccessible and emptied.
  BOOST_NOINLINE static outcome decommit(page_run r, linux_reservation made) noexcept {
    if (r.bytes <= made.chunk && map_over(r, made) == 0) return {};
    const outcome done = close_and_empty(r, made);
    if ((done.native == 0 && r.bytes <= made.chunk) || map_over(r, made) == 0) return {};
    if (look_at(r.base) != page_state::unmapped) return done;
    return {done.native != 0 ? done.native : Calls::no_memory, true};  // before Linux 6.12: unmapped, not mapped again
  }
  /// mprotect, and madvise for each chunk: the pages keep their mapping and their charge.
  static outcome close_and_empty(page_run r, linux_reservation made) noexcept {
    // Inaccessible first: a stray write of another thread must not leave anything behind.
    if (const int n = Calls::mprotect(r.base, r.bytes, made.protection)) return n;
    const outcome done = empty(r, made.chunk, Calls::advice_discard);
    if (done.native != Calls::invalid) return done;
    const bool unlocked = Calls::munlock(r.base, r.bytes) == 0;
    const outcome again = empty(r, made.chunk, unlocked ? Calls::advice_discard : Calls::advice_discard_locked);
    return {again.native, done.lost || again.lost};
  }

  /// madvise(MADV_DONTNEED) for each chunk; MADV_DONTNEED_LOCKED if pages are locked, by the typedef or by the process
  /// (mlockall, mlock). Before Linux 5.18 these are unlocked and locked again.
  BOOST_FORCEINLINE static outcome discard(page_run r, std::size_t chunk, bool locked) noexcept {
    const outcome done = locked ? outcome{Calls::invalid} : empty(r, chunk, Calls::advice_discard);
    return done.native != Calls::invalid ? done : discard_locked(r, chunk, locked, done.lost);
  }

  /// Whether a refused commit had no effect, or none is left of it; filters and seals refuse to map anew as well. Pages
  /// change in the order of their addresses, so that mprotect to PROT_NONE reaches as far as the commit did, and none
  /// changed if the first one is inaccessible. After ENOMEM mappings may have been split. Before Linux 5.14 the kernel
  /// rejects the advice, even for an empty range.
  BOOST_NOINLINE static bool revert_commit(page_run r, int native) noexcept {
    if (native == Calls::no_memory || Calls::madvise(r.base, 0, Calls::advice_populate_read) != 0) return false;
    if (is_inaccessible(r.base)) return true;
    if (Calls::mprotect(r.base, r.bytes, Calls::prot_none) != native || !is_inaccessible(r.base)) return false;
    (void)Calls::madvise(r.base, Calls::page_bytes(), Calls::advice_discard);  // the first look has brought it in
    return true;
  }

  /// Why a commit was refused; called before it is undone. ENOMEM is the limit on mappings, or one on memory: making
  /// the run readable needs as many mappings, and no memory.
  BOOST_NOINLINE static errc cause_of_refused_commit(page_run r, int native, int readable) noexcept {
    const bool may_be_mappings = native == Calls::no_memory && Calls::mprotect(r.base, r.bytes, readable) != 0;
    return may_be_mappings ? errc::too_many_mappings : posix_code<Calls>(step::commit, native);
  }

 private:
  enum class page_state : unsigned char { unmapped, absent, resident };

  /// The kernel populates a page for reading only if the mapping permits reads.
  static bool is_inaccessible(std::byte* page) noexcept {
    return Calls::madvise(page, Calls::page_bytes(), Calls::advice_populate_read) == Calls::invalid;
  }
  static int map_over(page_run r, linux_reservation made) noexcept {
    return Calls::mmap(r.base, r.bytes, made.protection, made.flags | Calls::map_fixed).error;
  }
  BOOST_FORCEINLINE static outcome empty(page_run r, std::size_t chunk, int advice) noexcept {
    for (std::size_t done = 0; done < r.bytes; done += chunk)
      if (const int n = Calls::madvise(r.base + done, std::min(chunk, r.bytes - done), advice))
        return {n, done != 0 || first_page_may_be_gone(r.base, advice)};
    return {};
  }
  /// The kernel empties pages in the order of their addresses: if the first one is resident, or is refused alone, none
  /// is gone.
  static bool first_page_may_be_gone(std::byte* page, int advice) noexcept {
    const page_state now = look_at(page);
    return now != page_state::resident &&
           (now == page_state::unmapped || Calls::madvise(page, Calls::page_bytes(), advice) == 0);
  }
  BOOST_NOINLINE static outcome discard_locked(page_run r, std::size_t chunk, bool all_locked, bool lost) noexcept {
    outcome done = empty(r, chunk, Calls::advice_discard_locked);
    lost = lost || done.lost;
    if (done.native == Calls::invalid) done = all_locked ? unlock_and_discard(r, chunk) : discard_by_locks(r, chunk);
    return {done.native, lost || done.lost};
  }
  static outcome unlock_and_discard(page_run r, std::size_t chunk) noexcept {
    if (const int n = Calls::munlock(r.base, r.bytes)) return n;
    const outcome done = empty(r, chunk, Calls::advice_discard);
    const int n = Calls::mlock_on_fault(r.base, r.bytes);
    if (done.native != 0) return done;
    // ENOMEM, although all is locked up to the last page: one page is not readable.
    const std::size_t page = Calls::page_bytes();
    const bool locked = n == Calls::no_memory && Calls::is_locked(r.base + r.bytes - page, page);
    return locked ? outcome{} : outcome{n, true};
  }
  /// Which pages the process has locked can only be queried: the run is halved until all or none of a part is locked.
  static outcome discard_by_locks(page_run r, std::size_t chunk) noexcept {
    if (!Calls::is_locked(r.base, r.bytes)) return empty(r, chunk, Calls::advice_discard);
    if (r.bytes <= Calls::page_bytes()) return unlock_and_discard(r, chunk);
    const std::size_t half = align_up(r.bytes / 2, Calls::page_bytes());
    if (const outcome done = discard_by_locks({r.base, half}, chunk); done.native != 0) return done;
    return {discard_by_locks({r.base + half, r.bytes - half}, chunk).native, true};
  }
  static page_state look_at(std::byte* page) noexcept {
    unsigned char there = 0;
    if (Calls::mincore(page, Calls::page_bytes(), &there) != 0) return page_state::unmapped;
    if ((there & 1) == 0) return page_state::absent;
    // mincore(2) also counts a page that only the file has from which a memory started.
    int node = 0;
    void* const asked = page;
    const bool is_told = Calls::query_pages(1, &asked, &node) == 0;
    return is_told && node != -Calls::no_entry ? page_state::resident : page_state::absent;
  }
};

}  // namespace quire::backing::detail
