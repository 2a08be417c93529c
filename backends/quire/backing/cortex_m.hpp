// SPDX-License-Identifier: BSL-1.0
#pragma once
// A buffer of the program behind a Cortex-M memory protection unit. The buffer belongs to another store, which claims
// and clears it; this store adds faults: at the guards, beyond the accessible end, and on the wrong kind of access.
//
// There is no bookkeeping: the access to each byte of the storage is read from the MPU's registers, changed, planned
// and written back. A change that needs more regions than are available is refused before anything is written.
#include <bit>
#include <boost/config.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <quire/backing/detail/mpu/pmsav7.hpp>
#include <quire/backing/detail/mpu/pmsav8.hpp>
#include <quire/backing/detail/mpu/region_registers.hpp>
#include <quire/backing/mpu_error.hpp>
#include <quire/store.hpp>
#include <quire/units.hpp>

namespace quire::calls {
struct cortex_m;
}

namespace quire::backing {

namespace detail {

/// A store whose memory is one buffer, in which nothing faults on its own.
template <class S>
concept guardable_store = buffer_store<S> && S::traits.fault == fault::none && requires(const S& s) {
  { s.buffer() } noexcept -> std::same_as<page_run>;
};

template <class Calls>
using mpu_map = std::conditional_t<Calls::has_ranges, mpu_ranges, mpu_blocks>;

/// The smallest page that the MPU can distinguish in this storage; 0 if the compiler does not know the storage's size.
template <class Storage, class Calls>
inline constexpr std::size_t smallest_mpu_page = []() -> std::size_t {
  if constexpr (Calls::has_ranges) return mpu_ranges::granule;
  if constexpr (buffer_of_known_size<Storage>) return mpu_blocks::default_page(Storage::buffer_bytes());
  return 0;
}();

template <class Calls>
inline constexpr std::size_t regions_of_the_part = []() -> std::size_t {
  if constexpr (requires { typename std::integral_constant<std::size_t, Calls::fixed_regions>; })
    return Calls::fixed_regions;
  return 0;
}();

}  // namespace detail

/// `Storage` is a store over one buffer, `backing::static_buffer` in any of its forms. `Page`, in bytes, is the granule
/// of every operation. Its minimum is 32 where the MPU has ranges (PMSAv8). Where regions are powers of two (PMSAv7), a
/// storage has at most 64 pages and is aligned to the power of two above its size; the size itself need not be one.
///
/// If `Calls` states how many regions the part has (`calls::cortex_m_of<8>`), too few do not compile; otherwise
/// allocate returns errc::not_supported at `step::reserve`, with an `mpu_error` as the native code.
///
/// The program must enable the MemManage fault, and must not give the storage a region of its own. No other code may
/// write the MPU while one of these functions runs. With the MPU off, or on with the default map as background
/// (PRIVDEFENA), access to all other addresses is unchanged; a program that has switched the default map off needs
/// regions for everything else that it uses, and keeps the map off while a memory exists.
template <class Storage, class Calls = calls::cortex_m, std::size_t Page = detail::smallest_mpu_page<Storage, Calls>>
struct cortex_m {
  static_assert(requires { sizeof(Calls); }, "quire: include quire/calls/cortex_m.hpp, or a platform header");
  static_assert(detail::guardable_store<Storage>,
                "quire: an MPU guards a store over one buffer: backing::static_buffer");
  static_assert(Page != 0, "quire: the size of this storage is known at run time, so that the page must be said");

  using wrapped = Storage;  // the allocator's constructor also accepts this in place of the whole store
  using calls = Calls;
  BOOST_ATTRIBUTE_NO_UNIQUE_ADDRESS Storage storage{};

 private:
  using map = detail::mpu_map<Calls>;
  using span = detail::mpu_span;
  static_assert(std::has_single_bit(Page) && Page >= map::granule,
                "quire: a page of an MPU is a power of two, at least 32 bytes");
  static_assert(detail::smallest_mpu_page<Storage, Calls> <= Page,
                "quire: PMSAv7 tells at most 64 pages apart: this page is too small for the storage");

 public:
  static constexpr std::size_t largest_page = Page;
  static constexpr store_traits traits = [] {
    store_traits f = Storage::traits;
    f.fault = fault::mpu;
    f.honours_alignment = false;
    f.decommit_comes_first = true;
    return f;
  }();
  static constexpr std::size_t page_bytes() noexcept { return Page; }
  static constexpr std::size_t buffer_bytes() noexcept
    requires buffer_of_known_size<Storage>
  {
    return align_down(Storage::buffer_bytes(), Page);
  }
  std::size_t buffer_bytes() const noexcept
    requires(!buffer_of_known_size<Storage>)
  {
    return align_down(storage.buffer_bytes(), Page);
  }
  static constexpr errc code_of(step at, int native) noexcept {
    return is_mpu_error(native) ? backing::code_of(static_cast<mpu_error>(native)) : Storage::code_of(at, native);
  }

  /// The most regions that a memory needs while nothing in it is protected.
  static constexpr std::size_t most_regions_unprotected = [] {
    if constexpr (buffer_of_known_size<Storage>) return map::most_for_one_range(Storage::buffer_bytes() / Page);
    return map::most_for_one_range(detail::mpu_blocks::most_pages - 1);
  }();
  static_assert(detail::regions_of_the_part<Calls> == 0 ||
                    most_regions_unprotected <= detail::regions_of_the_part<Calls>,
                "quire: this part's memory protection unit has too few regions for a guarded memory");

  /// Makes all of it inaccessible.
  reservation reserve(std::size_t bytes, std::size_t alignment, const attributes& requested) const noexcept {
    if (const int n = refusal(bytes)) return {nullptr, n};
    const reservation got = storage.reserve(bytes, alignment, requested);
    if (got.native != 0) return got;
    const page_run all{got.base, bytes};
    const int n = rearrange(all, access::none);
    if (n == 0) return got;
    (void)storage.release(all, {got.base, 0}, requested);
    return {nullptr, n};
  }
  int commit(page_run r, const attributes& requested) const noexcept {
    const int n = rearrange(r, access::read_write);
    return n != 0 ? n : storage.commit(r, requested);
  }
  int decommit(page_run r, const attributes& requested) const noexcept {
    const int n = rearrange(r, access::none);
    return n != 0 ? n : storage.decommit(r, requested);
  }
  /// Makes all of it accessible: it is the program's again.
  int release(page_run whole, page_run accessible, const attributes& requested) const noexcept {
    if (const int n = storage.release(whole, accessible, requested)) return n;
    write({});
    return 0;
  }
  /// Changes all of the pages or none. Never makes them executable.
  int protect(page_run r, access wanted, const attributes&) const noexcept { return rearrange(r, wanted); }

  /// Clears the pages with the MPU switched off meanwhile; read-only pages stay read-only.
  int discard(page_run r, const attributes& requested) const noexcept
    requires discarding_store<Storage>
  {
    const unsigned was = Calls::switch_off();
    const int n = storage.discard(r, requested);
    Calls::switch_on(was);
    return n;
  }

 private:
  static constexpr int step_failure(mpu_error t) noexcept { return static_cast<int>(t); }
  static span addresses(page_run r) noexcept {
    const std::uint32_t begin = Calls::address(r.base);
    return {begin, begin + static_cast<std::uint32_t>(r.bytes)};
  }
  [[nodiscard]] span all() const noexcept { return addresses({storage.buffer().base, buffer_bytes()}); }

  /// Why no memory can be allocated here, whatever else is in the MPU; 0 if one can.
  [[nodiscard]] int refusal(std::size_t bytes) const noexcept {
    const std::size_t regions = Calls::regions();
    if (regions == 0) return step_failure(mpu_error::no_mpu);
    if (regions < most_regions_unprotected) return step_failure(mpu_error::too_few_regions);
    if (bytes <= buffer_bytes() && (!is_aligned(all().begin, Page) || !map::fits(all(), Page)))
      return step_failure(mpu_error::misplaced);
    return 0;
  }

  struct slots {
    std::size_t first;      // below it, regions of the program take precedence over the storage
    std::size_t available;  // our regions and unused ones
    bool covered;
  };
  [[nodiscard]] bool is_ours(detail::mpu_words w) const noexcept {
    const span its = map::span_of(w), own = map::reach(all(), static_cast<std::uint32_t>(Page));
    return its.begin >= own.begin && its.end <= own.end;
  }
  [[nodiscard]] slots look(map& present) const noexcept {
    slots found{.first = 0, .available = 0, .covered = false};
    for (std::size_t i = 0; i < Calls::regions(); ++i) {
      const detail::mpu_words w = region(i);
      if (!w.is_enabled() || is_ours(w)) {
        ++found.available;
        if (w.is_enabled()) present.take(w);
      } else if (map::span_of(w).meets(all())) {
        found = {.first = i + 1, .available = 0, .covered = true};
      }
    }
    return found;
  }
  static detail::mpu_words region(std::size_t i) noexcept {
    detail::mpu_words w;
    Calls::read_region(i, w.base, w.rest);
    return w;
  }

  int rearrange(page_run r, access wanted) const noexcept {
    map changed{all(), static_cast<std::uint32_t>(Page), !Calls::has_default_map()};
    const slots free = look(changed);
    if (free.covered && Calls::has_ranges) return step_failure(mpu_error::covered);
    changed.paint(addresses(r), wanted);
    detail::mpu_list planned;
    changed.plan(planned);
    if (changed.overflown() || planned.size() > free.available)
      return step_failure(free.covered && free.available == 0 ? mpu_error::covered : mpu_error::regions_used_up);
    write(planned, free.first);
    return 0;
  }
  /// Writes in ascending order, into regions that were ours or unused.
  void write(const detail::mpu_list& planned, std::size_t first = 0) const noexcept {
    const unsigned was = Calls::switch_off();
    for (std::size_t i = 0, done = 0; i < Calls::regions(); ++i) {
      const detail::mpu_words present = region(i);
      const bool ours = present.is_enabled() && is_ours(present);
      if (present.is_enabled() && !ours) continue;
      const detail::mpu_words next = i >= first && done < planned.size() ? planned[done++] : detail::mpu_words{};
      if (ours || next.is_enabled()) Calls::write_region(i, next.base, next.rest);
    }
    Calls::switch_on(was);
  }
};

template <class Storage>
cortex_m(Storage) -> cortex_m<Storage>;

}  // namespace quire::backing
