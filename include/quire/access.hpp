// SPDX-License-Identifier: BSL-1.0
#pragma once
// The access that a page permits, and where an address lies. After `using namespace quire` the unqualified name
// `access` also finds a function of <unistd.h>: write quire::access there.

#include <quire/detail/enumerations.hpp>

namespace quire {

/// What a program may do with a page. `none`: every access faults.
enum class access : unsigned char { none, read, read_write, read_execute, read_write_execute };

/// Whether code may run in a page of this access.
[[nodiscard]] constexpr bool is_executable(access a) noexcept {
  return a == access::read_execute || a == access::read_write_execute;
}

/// Whether a store may make pages executable.
enum class execution : bool { refused, allowed };

/// Where an address lies, seen from one memory.
enum class zone : unsigned char { outside, guard_before, accessible, reserved, guard_after };

/// The enumerator as text, for messages; so has every enumeration of the public headers a function `name`.
[[nodiscard]] constexpr const char* name(access a) noexcept {
  return detail::text_of(a, "unknown access", {"none", "read", "read_write", "read_execute", "read_write_execute"});
}

[[nodiscard]] constexpr const char* name(zone z) noexcept {
  return detail::text_of(z, "unknown zone", {"outside", "guard before", "accessible", "reserved", "guard after"});
}

}  // namespace quire
