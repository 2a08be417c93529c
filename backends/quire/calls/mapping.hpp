// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <boost/config.hpp>

namespace quire::calls {

/// An argument whose whole register the kernel reads, although its type in C is int. The upper half of that
/// register is undefined: GCC leaves the next member of a structure there, and mprotect is refused. Masking clears it.
[[nodiscard]] BOOST_FORCEINLINE constexpr int in_whole_register(int bits) noexcept { return bits & 0x7fff'ffff; }

/// The result of mmap: an address, or why there is none.
struct mapping {
  void* address;
  int error;
};

}  // namespace quire::calls
