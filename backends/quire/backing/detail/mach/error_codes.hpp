// SPDX-License-Identifier: BSL-1.0
#pragma once
// The likeliest cause of a kern_return_t at a step.
#include <boost/config.hpp>

#include <quire/error.hpp>

namespace quire::backing::detail {

template <class Calls>
[[nodiscard]] BOOST_NOINLINE constexpr errc mach_code(step at, int native) noexcept {
  switch (native) {
    case Calls::protection_failure:
    case Calls::no_access:
    case Calls::codesign_error:
    case Calls::denied:
    case Calls::unix_forbidden: return errc::not_permitted;
    case Calls::not_supported:
    case Calls::unix_invalid: return errc::not_supported;
    // A caller that checks its arguments meets no argument errors: what remains is a system without the feature.
    case Calls::invalid_argument: return at == step::release ? errc::system : errc::not_supported;
    case Calls::no_space: return errc::out_of_address_space;
    case Calls::resource_shortage:
    case Calls::unix_no_memory:
    case Calls::unix_again: return errc::out_of_memory;  // EAGAIN is the limit on wired memory
    default: return errc::system;
  }
}

}  // namespace quire::backing::detail
