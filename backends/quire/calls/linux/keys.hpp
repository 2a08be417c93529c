// SPDX-License-Identifier: BSL-1.0
#pragma once
// Protection keys of Linux, and the register of a thread that says which it holds. Each call returns 0 or errno, unless
// stated otherwise.
#include <boost/config.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

#include <quire/calls/posix/results.hpp>

namespace quire::calls {

struct linux_keys {
  /// Returns a key that denies access, as unallocated keys do, or a negative errno. Linux 4.9.
  static long allocate_key() noexcept {
    constexpr unsigned long denying_access = 1;
    return number_of(::syscall(SYS_pkey_alloc, 0UL, denying_access));
  }
  static int free_key(long key) noexcept { return error_of(::syscall(SYS_pkey_free, key)); }
  static int protect_with_key(void* p, std::size_t bytes, int protection, long key) noexcept {
    return error_of(::syscall(SYS_pkey_mprotect, p, bytes, static_cast<long>(protection), key));
  }

  // The register exists only where a key could be allocated. Two bits for each key, both set: neither read nor write.

#if defined(__x86_64__) || defined(__i386__)
  static constexpr bool has_key_register = true;
  [[nodiscard]] static constexpr std::uint64_t denial_of_key(unsigned key) noexcept {
    return std::uint64_t{3} << 2 * key;
  }
  /// RDPKRU, as a number: assemblers may not know it.
  BOOST_FORCEINLINE static std::uint64_t key_rights() noexcept {
    std::uint32_t rights, cleared;
    asm volatile(".byte 0x0f, 0x01, 0xee" : "=a"(rights), "=d"(cleared) : "c"(0));
    return rights;
  }
  /// WRPKRU. No access to memory is moved across it, by the compiler or by the processor.
  BOOST_FORCEINLINE static void set_key_rights(std::uint64_t rights) noexcept {
    asm volatile(".byte 0x0f, 0x01, 0xef" : : "a"(static_cast<std::uint32_t>(rights)), "c"(0), "d"(0) : "memory");
  }
#elif defined(__powerpc64__)
  static constexpr bool has_key_register = true;
  [[nodiscard]] static constexpr std::uint64_t denial_of_key(unsigned key) noexcept {
    return std::uint64_t{3} << (62 - 2 * key);
  }
  // The authority mask register, number 13.
  BOOST_FORCEINLINE static std::uint64_t key_rights() noexcept {
    std::uint64_t rights;
    asm volatile("mfspr %0, 13" : "=r"(rights));
    return rights;
  }
  BOOST_FORCEINLINE static void set_key_rights(std::uint64_t rights) noexcept {
    asm volatile("isync; mtspr 13, %0; isync" : : "r"(rights) : "memory");
  }
#else
  // Linux 6.12 has keys on arm64 too, with a register of another kind.
  static constexpr bool has_key_register = false;
  [[nodiscard]] static constexpr std::uint64_t denial_of_key(unsigned) noexcept { return 0; }
  [[nodiscard]] static constexpr std::uint64_t key_rights() noexcept { return 0; }
  static constexpr void set_key_rights(std::uint64_t) noexcept {}
#endif
};

}  // namespace quire::calls
