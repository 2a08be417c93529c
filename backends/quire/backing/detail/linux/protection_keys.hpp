// SPDX-License-Identifier: BSL-1.0
#pragma once
// Protection keys of pages (pkey_alloc of Linux 4.9), on x86 and POWER; elsewhere there is none to take.
#include <boost/config.hpp>
#include <cstdint>

#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>

namespace quire::backing::detail {

template <class Calls>
concept key_calls = requires { Calls::has_key_register; };

template <class Calls>
struct linux_protection_keys {};

template <key_calls Calls>
struct linux_protection_keys<Calls> {
  /// pkey_alloc.
  static int take_key(unsigned& key) noexcept {
    if constexpr (!Calls::has_key_register) return Calls::no_call;
    const long got = Calls::allocate_key();
    if (got < 0) return static_cast<int>(-got);
    key = static_cast<unsigned>(got);
    return 0;
  }
  /// pkey_free.
  static void return_key(unsigned key) noexcept { (void)Calls::free_key(static_cast<long>(key)); }
  /// pkey_mprotect.
  static int open_with_key(page_run r, unsigned key, const attributes&) noexcept {
    return Calls::protect_with_key(r.base, r.bytes, Calls::prot_read | Calls::prot_write, static_cast<long>(key));
  }
  BOOST_FORCEINLINE static std::uint64_t key_rights() noexcept { return Calls::key_rights(); }
  BOOST_FORCEINLINE static void set_key_rights(std::uint64_t rights) noexcept { Calls::set_key_rights(rights); }
  static constexpr std::uint64_t denial_of(unsigned key) noexcept { return Calls::denial_of_key(key); }
};

}  // namespace quire::backing::detail
