// SPDX-License-Identifier: BSL-1.0
#pragma once
// Any POSIX system: mmap and mprotect only. decommit maps pages anew, as POSIX has no other way to drop contents.
#include <boost/config.hpp>
#include <cstddef>
#include <cstdint>

#include <quire/backing/detail/posix/aligned_reserve.hpp>
#include <quire/backing/detail/posix/error_codes.hpp>
#include <quire/backing/detail/posix/mirrors.hpp>
#include <quire/store.hpp>

namespace quire::calls {
struct posix;
}

namespace quire::backing {

/// A test replaces `Calls`; the default is calls::posix, which the platform header includes.
template <class Calls = calls::posix>
struct posix_mmap : detail::shared_memory_mirrors<Calls, posix_mmap<Calls>> {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/posix.hpp, or a platform header");
  using calls = Calls;

  static constexpr std::size_t largest_page = Calls::largest_page;
  // POSIX specifies neither whether a fault is a SEGV_ACCERR or a SEGV_MAPERR, nor what backs a mapping.
  static constexpr store_traits traits{.fault = fault::either,
                                       .honours_alignment = true,
                                       .decommit_remaps = true,
                                       .reserve_granule = detail::reserve_granule};

  static std::size_t page_bytes() noexcept { return Calls::page_bytes(); }
  static constexpr errc code_of(step at, int native) noexcept { return detail::posix_code<Calls>(at, native); }

  /// mmap; three to seven calls if the mapping has to be moved to its alignment.
  BOOST_FORCEINLINE static reservation reserve(std::size_t bytes, std::size_t alignment, const attributes&) noexcept {
    return detail::reserve_aligned<Calls>(bytes, alignment, Calls::map_reservation);
  }
  /// mprotect.
  BOOST_FORCEINLINE static int commit(page_run r, const attributes&) noexcept {
    return Calls::mprotect(r.base, r.bytes, Calls::prot_read | Calls::prot_write);
  }
  /// mmap(MAP_FIXED). If that is refused, as at the limit of mappings, mprotect takes access away: it needs no further
  /// mapping, and no page was written.
  BOOST_NOINLINE static bool revert_commit(page_run r, int) noexcept {
    return detail::reserve_over<Calls>(r) == 0 || Calls::mprotect(r.base, r.bytes, Calls::prot_none) == 0;
  }
  /// mmap(MAP_FIXED).
  BOOST_FORCEINLINE static int decommit(page_run r, const attributes&) noexcept {
    return detail::reserve_over<Calls>(r);
  }
  /// munmap.
  BOOST_FORCEINLINE static int release(page_run whole, page_run, const attributes&) noexcept {
    return Calls::munmap(whole.base, whole.bytes);
  }
  /// mmap: systems try the address first.
  static reservation reserve_near(std::byte* hint, std::size_t bytes, std::size_t alignment,
                                  const attributes&) noexcept {
    return detail::reserve_aligned<Calls>(bytes, alignment, Calls::map_reservation, hint);
  }
  /// munmap.
  static int release_tail(page_run r, const attributes&) noexcept { return Calls::munmap(r.base, r.bytes); }

  /// mprotect. Never executable.
  static int protect(page_run r, access wanted, const attributes&) noexcept {
    switch (wanted) {
      case access::none: return Calls::mprotect(r.base, r.bytes, Calls::prot_none);
      case access::read: return Calls::mprotect(r.base, r.bytes, Calls::prot_read);
      case access::read_write: return Calls::mprotect(r.base, r.bytes, Calls::prot_read | Calls::prot_write);
      default: return Calls::invalid;
    }
  }

  /// nanosleep.
  static void pause() noexcept { Calls::pause(); }
  /// getpid.
  static std::uint32_t process() noexcept { return Calls::process_number(); }
};

}  // namespace quire::backing
