// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a processor needs of a program that writes code.
#include <boost/config.hpp>
#include <cstddef>

namespace quire::calls {

struct generated_code {
  /// Fills freed code, so that a stale call traps: `int3` on x86. Elsewhere zero bytes are an instruction that is never
  /// defined: `udf` on arm64, an illegal one on RISC-V and POWER.
#if defined(__x86_64__) || defined(__i386__)
  static constexpr unsigned char trapping_byte = 0xcc;
#else
  static constexpr unsigned char trapping_byte = 0;
#endif

  /// Makes what was written visible to the processor as instructions: no instruction at all on x86; on arm64 by cache
  /// line, at the addresses where the code runs. No system call but on RISC-V and 32-bit ARM.
  BOOST_FORCEINLINE static void flush_instructions(const std::byte* code, std::size_t bytes) noexcept {
    auto* const begin = reinterpret_cast<char*>(const_cast<std::byte*>(code));
    __builtin___clear_cache(begin, begin + bytes);
  }
};

}  // namespace quire::calls
