// SPDX-License-Identifier: BSL-1.0
#pragma once
// Guarantees that hold for every object of a typedef. Engine adapters static_assert on them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <quire/detail/enumerations.hpp>

namespace quire {

/// How an access beyond the accessible end is reported. `accerr` and `maperr` are POSIX's SEGV_ACCERR and SEGV_MAPERR.
/// `key`: as either of them, or as SEGV_PKUERR, by threads that have entered this memory's protection key and no other
/// (pool::enter); other threads cannot touch the memory at all.
enum class fault : unsigned char { none, accerr, maperr, either, mpu, key };

[[nodiscard]] constexpr const char* name(fault f) noexcept {
  return detail::text_of(f, "unknown fault", {"none", "accerr", "maperr", "either", "mpu", "key"});
}

/// Guarantees as lower bounds, in bytes. The members of an object report what it has beyond them.
struct contract_t {
  std::uint64_t reach;       // bytes from the base that fault or belong to the memory, whatever its size
  std::size_t guard_before;  // inaccessible bytes before the base
  std::size_t guard_after;   // inaccessible bytes after the maximum
  std::size_t alignment;     // the base is a multiple of it
  quire::fault fault;        // raised by access to reserved or guard bytes
  bool exact_bound;          // the first byte beyond size() faults, as long as it is reserved or guard
  bool base_may_move;        // always false; kept so that adapters check it
  bool zero_on_grow;         // new pages read as zero
  bool success_is_memory;    // a committed page always has memory behind it
  bool failure_is_error;     // lack of memory is always an error, never a signal or a kill
  bool releasable;           // deallocate gives address space and memory back
  bool base_is_tagged;       // the upper bits of data() are a tag of the hardware
  bool base_bits_change_on_reset;

  friend constexpr bool operator==(const contract_t&, const contract_t&) = default;
};

/// The guarantees that both give: the contract of a typedef that may turn out as either.
[[nodiscard]] constexpr contract_t weaker_of(const contract_t& a, const contract_t& b) noexcept {
  const bool no_fault = a.fault == fault::none || b.fault == fault::none;
  const bool by_key = a.fault == fault::key || b.fault == fault::key;
  return {.reach = std::min(a.reach, b.reach),
          .guard_before = std::min(a.guard_before, b.guard_before),
          .guard_after = std::min(a.guard_after, b.guard_after),
          .alignment = std::min(a.alignment, b.alignment),
          .fault = a.fault == b.fault ? a.fault
                   : no_fault         ? fault::none
                   : by_key           ? fault::key
                                      : fault::either,
          .exact_bound = a.exact_bound && b.exact_bound,
          .base_may_move = a.base_may_move || b.base_may_move,
          .zero_on_grow = a.zero_on_grow && b.zero_on_grow,
          .success_is_memory = a.success_is_memory && b.success_is_memory,
          .failure_is_error = a.failure_is_error && b.failure_is_error,
          .releasable = a.releasable && b.releasable,
          .base_is_tagged = a.base_is_tagged || b.base_is_tagged,
          .base_bits_change_on_reset = a.base_bits_change_on_reset || b.base_bits_change_on_reset};
}

}  // namespace quire
