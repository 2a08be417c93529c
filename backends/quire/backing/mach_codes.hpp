#pragma once
// What a kern_return_t means at a step, and an errno where the step is one of locking: the likeliest cause.
#include <boost/config.hpp>

#include <quire/error.hpp>

namespace quire::backing::detail {

/// mlock: EAGAIN is the limit on wired memory.
template <class Calls>
[[nodiscard]] constexpr errc mach_locking_code(int native) noexcept {
  if (native == Calls::errno_forbidden) return errc::not_permitted;
  if (native == Calls::errno_invalid) return errc::not_supported;
  return native == Calls::errno_no_memory || native == Calls::errno_again ? errc::out_of_memory : errc::system;
}

template <class Calls>
[[nodiscard]] BOOST_NOINLINE constexpr errc mach_code(step at, int native) noexcept {
  if (at == step::lock) return mach_locking_code<Calls>(native);
  if (native == Calls::protection_failure || native == Calls::no_access || native == Calls::denied)
    return errc::not_permitted;
  if (native == Calls::not_supported) return errc::not_supported;
  // Argument errors do not happen to a caller that checks: what remains is a system without the feature.
  if (native == Calls::invalid_argument) return at == step::release ? errc::system : errc::not_supported;
  if (native == Calls::no_space) return errc::out_of_address_space;
  return native == Calls::resource_shortage ? errc::out_of_memory : errc::system;
}

}  // namespace quire::backing::detail
