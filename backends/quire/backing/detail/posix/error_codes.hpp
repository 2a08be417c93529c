// SPDX-License-Identifier: BSL-1.0
#pragma once
// The likeliest cause of an errno at a step. quire::explain finds the true one.
#include <boost/config.hpp>

#include <quire/error.hpp>

namespace quire::backing::detail {

/// Out of line: one table, not one for each step that can fail.
template <class Calls>
[[nodiscard]] BOOST_NOINLINE constexpr errc posix_code(step at, int native) noexcept {
  if (native == Calls::forbidden || native == Calls::no_access) return errc::not_permitted;
  if (native == Calls::no_call || native == Calls::unsupported) return errc::not_supported;
  // All protection keys of the process are in use; where the processor has none on POWER, Linux says the same.
  if constexpr (requires { Calls::has_key_register; })
    if (at == step::protect && native == Calls::no_space) return errc::limit_exceeded;
  if constexpr (requires { Calls::bad_file; })  // before 6.2 Linux cannot name mappings of a file
    if (at == step::configure && native == Calls::bad_file) return errc::not_supported;
  // A caller that checks its arguments meets no argument errors: what remains is a kernel or machine without the
  // feature.
  if (native == Calls::invalid) return at == step::release ? errc::system : errc::not_supported;
  // Only populating pages meets it: the pool of huge pages, or the node that the memory is bound to, is empty.
  if (native == Calls::bad_address) return errc::out_of_memory;
  if (native != Calls::no_memory && native != Calls::again) return errc::system;
  // mmap returns EAGAIN only for the limit on locked memory, which a process meets that locks all its mappings.
  switch (at) {
    case step::reserve: return native == Calls::again ? errc::out_of_memory : errc::out_of_address_space;
    case step::commit:
    case step::populate:
    case step::lock:
    case step::tag: return errc::out_of_memory;
    // Configuring or changing a part of a mapping splits it; madvise then returns EAGAIN from Linux 5.17 on.
    case step::configure: return errc::too_many_mappings;
    default: return native == Calls::again ? errc::out_of_memory : errc::too_many_mappings;
  }
}

}  // namespace quire::backing::detail
