// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a POSIX signal reports of the fault that raised it. Reads only its argument.
#include <bit>
#include <csignal>
#include <cstdint>

#include <quire/calls/fault/raised.hpp>
#include <quire/tags.hpp>

namespace quire::calls::detail {

#if defined(__APPLE__)
/// SIGSEGV is an address without a mapping, SIGBUS a mapping that denies the access; the codes add nothing, as arm64
/// has one for each (xnu's bsd/uxkern/ux_exception.c, bsd/dev/arm/unix_signal.c).
[[nodiscard]] constexpr fault_kind kind_of(int signal, int code) noexcept {
  if (signal == SIGBUS && (code == BUS_ADRALN || code == BUS_ADRERR)) return fault_kind::refused;
  if (signal == SIGSEGV && (code == SEGV_ACCERR || code == SEGV_MAPERR)) return fault_kind::no_page;
  return fault_kind::other;
}
#else
[[nodiscard]] constexpr fault_kind kind_of_bus_error(int code) noexcept {
#if defined(BUS_MCEERR_AR)
  if (code == BUS_MCEERR_AR) return fault_kind::no_page;  // lost to a hardware memory error
#endif
  return code == BUS_ADRERR || code == BUS_OBJERR ? fault_kind::no_page : fault_kind::other;
}

/// Codes that are not positive were sent by a process, and the kernel's general SI_KERNEL has no address.
[[nodiscard]] constexpr fault_kind kind_of(int signal, int code) noexcept {
  if (signal == SIGBUS) return kind_of_bus_error(code);
  if (signal != SIGSEGV) return fault_kind::other;
#if defined(__linux__)
  // Numbers of include/uapi/asm-generic/siginfo.h: not every C library has all of them.
  constexpr int refused_by_key = 4, asynchronous_tag_check = 8, synchronous_tag_check = 9;
  if (code == refused_by_key) return fault_kind::key;
  if (code == asynchronous_tag_check) return fault_kind::late_tag;
  if (code == synchronous_tag_check) return fault_kind::tag;
#endif
  if (code == SEGV_ACCERR) return fault_kind::refused;
  return code == SEGV_MAPERR ? fault_kind::no_page : fault_kind::other;
}
#endif

/// arm64 ignores the highest byte of an address. A handler that was installed with SA_EXPOSE_TAGBITS finds it in
/// si_addr; for others the kernel has cleared it, so 0 means that the tag is unknown.
inline void take_off_tag([[maybe_unused]] raised_fault& f) noexcept {
#if defined(__aarch64__)
  constexpr std::uint64_t ignored = std::uint64_t{0xff} << 56;
  if (const unsigned tag = tag_in(f.address); tag != 0) f.tag = tag;
  f.address = std::bit_cast<const void*>(std::bit_cast<std::uint64_t>(f.address) & ~ignored);
#endif
}

}  // namespace quire::calls::detail

namespace quire::calls {

[[nodiscard]] inline raised_fault what_was_raised(const siginfo_t& info) noexcept {
  raised_fault f{.kind = detail::kind_of(info.si_signo, info.si_code)};
  if (f.kind == fault_kind::other || f.kind == fault_kind::late_tag) return f;
  f.address = info.si_addr;
  detail::take_off_tag(f);
  return f;
}

}  // namespace quire::calls
