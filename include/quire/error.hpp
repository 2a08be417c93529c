// SPDX-License-Identifier: BSL-1.0
#pragma once
// An error: what failed, in which step, and the system's native code, as a plain value of eight bytes. After `using
// namespace quire` the unqualified name `error` also finds a function of <error.h>: write quire::error there.
#include <boost/config.hpp>
#include <type_traits>
#include <quire/detail/enumerations.hpp>

namespace quire {

// Explicit visibility, so that an error which a program throws, or a std::bad_expected_access of it, can be caught by
// another module of the process even with -fvisibility=hidden.
/// What failed, whatever the system. Which errors an operation returns, and when, is part of its description.
enum class BOOST_SYMBOL_VISIBLE errc : unsigned char {
  invalid_argument,      // a precondition that can be checked does not hold
  out_of_range,          // protect or discard beyond the accessible end
  size_mismatch,         // the caller's `current` or `size` is not the present size
  already_allocated,     // allocate on an object that owns a region, or in a buffer that another object uses
  not_allocated,         // any other call on an object that owns no region
  limit_exceeded,        // beyond the maximum, or beyond the allocator's limits
  out_of_address_space,  // no room for the reservation
  out_of_memory,         // no memory behind the pages
  too_many_mappings,     // the system's limit on the number of mappings is reached
  not_permitted,         // by the system: pages are sealed, a filter forbids the call, a privilege is missing
  not_supported,         // by this kernel, this machine, or this store
  broken,                // an earlier operation failed and could not be undone: only deallocate is left
  damaged,               // the bookkeeping, or data at the memory's edges, was overwritten: see quire/verification.hpp
  system                 // none of the above: see `native`
};

/// The step of the pipeline that failed.
enum class BOOST_SYMBOL_VISIBLE step : unsigned char {
  plan,       // arguments are checked, before any call
  reserve,    // address space is taken
  configure,  // node, huge pages, dumps, forks, name
  commit,     // pages become readable and writable
  populate,   // pages are brought in before they are touched
  lock,       // pages are kept in memory
  tag,        // the hardware's tags are set
  protect,    // access is changed
  discard,    // pages become zero
  decommit,   // access, contents and memory are taken away
  reset,      // everything becomes as new
  release,    // address space is given back
  flush       // contents are written to a file
};

/// The code as a sentence of a few words, without the system's part. `quire/ostream.hpp` prints a whole error.
[[nodiscard]] constexpr const char* message(errc code) noexcept {
  return detail::text_of(
      code, "unknown error",
      {"invalid argument", "beyond the accessible end", "not the present size", "a region is already owned",
       "no region is owned", "beyond the maximum or the limits", "out of address space", "out of memory",
       "too many mappings", "not permitted", "not supported here",
       "an earlier operation failed and could not be undone, only deallocate is left",
       "what is kept of the memory was overwritten", "system error"});
}

[[nodiscard]] constexpr const char* name(step at) noexcept {
  return detail::text_of(at, "unknown step",
                         {"plan", "reserve", "configure", "commit", "populate", "lock", "tag", "protect", "discard",
                          "decommit", "reset", "release", "flush"});
}

struct BOOST_SYMBOL_VISIBLE error;  // GCC 12 takes no attribute of both kinds in one place

/// `native` is the system's own code (errno on POSIX systems), 0 where no call was made.
struct [[nodiscard]] error {
  errc code;
  step at;
  int native;

  /// The message of `code`.
  [[nodiscard]] constexpr const char* message() const noexcept { return quire::message(code); }
  friend constexpr bool operator==(const error&, const error&) = default;
};
static_assert(sizeof(error) == 8 && std::is_trivially_copyable_v<error>);

}  // namespace quire
