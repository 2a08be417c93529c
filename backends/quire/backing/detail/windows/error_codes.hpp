// SPDX-License-Identifier: BSL-1.0
#pragma once
// The likeliest cause of a Windows error code at a step. quire::explain finds the true one.
#include <boost/config.hpp>

#include <quire/error.hpp>

namespace quire::backing::detail {

template <class Calls>
[[nodiscard]] constexpr bool is_shortage(int native) noexcept {
  return native == Calls::not_enough_memory || native == Calls::out_of_memory || native == Calls::no_system_resources ||
         native == Calls::working_set_quota || native == Calls::pagefile_quota || native == Calls::commitment_limit;
}

/// Out of line: one table, not one for each step that can fail.
template <class Calls>
[[nodiscard]] BOOST_NOINLINE constexpr errc windows_code(step at, int native) noexcept {
  if (native == Calls::access_denied || native == Calls::privilege_not_held) return errc::not_permitted;
  if (native == Calls::not_supported || native == Calls::call_not_implemented || native == Calls::procedure_not_found)
    return errc::not_supported;
  if (is_shortage<Calls>(native)) return at == step::reserve ? errc::out_of_address_space : errc::out_of_memory;
  // A size beyond the address space is an invalid parameter; an address that was free a moment ago, an invalid address.
  if (at == step::reserve && (native == Calls::invalid_parameter || native == Calls::invalid_address))
    return errc::out_of_address_space;
  return errc::system;
}

}  // namespace quire::backing::detail
