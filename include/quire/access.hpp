#pragma once
// The access that a page permits, and where an address lies. After `using namespace quire` the unqualified name
// `access` also finds a function of <unistd.h>: write quire::access there.

namespace quire {

enum class access : unsigned char { none, read, read_write, read_execute, read_write_execute };

[[nodiscard]] constexpr bool is_executable(access a) noexcept {
  return a == access::read_execute || a == access::read_write_execute;
}

/// Whether a store may make pages executable.
enum class execution : bool { refused, allowed };

/// Where an address lies, seen from one memory.
enum class zone : unsigned char { outside, guard_before, accessible, reserved, guard_after };

[[nodiscard]] constexpr const char* name(access a) noexcept {
  switch (a) {
    case access::none: return "none";
    case access::read: return "read";
    case access::read_write: return "read_write";
    case access::read_execute: return "read_execute";
    case access::read_write_execute: return "read_write_execute";
  }
  return "unknown access";
}

[[nodiscard]] constexpr const char* name(zone z) noexcept {
  switch (z) {
    case zone::outside: return "outside";
    case zone::guard_before: return "guard before";
    case zone::accessible: return "accessible";
    case zone::reserved: return "reserved";
    case zone::guard_after: return "guard after";
  }
  return "unknown zone";
}

}  // namespace quire
