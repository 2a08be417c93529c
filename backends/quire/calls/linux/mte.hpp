// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory tagging of Linux on arm64: the prctl of a thread, and the instructions, which any program for arm64 contains:
// whether the machine has them is checked at run time.
#if defined(__aarch64__) && defined(__LP64__)
#include <cstddef>
#include <cstdint>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include <quire/calls/posix/results.hpp>
#include <quire/tags.hpp>

namespace quire::calls {

struct linux_tags {
  static constexpr int prot_tagged = 0x20;  // PROT_MTE, Linux 5.10

  // The word of PR_SET_TAGGED_ADDR_CTRL (include/uapi/linux/prctl.h): PR_TAGGED_ADDR_ENABLE, PR_MTE_TCF_SYNC and
  // _ASYNC, and from bit 3 on the tags that may be drawn.
  static constexpr unsigned long tagged_addresses = 1, tags_synchronous = 2, tags_asynchronous = 4;
  static constexpr unsigned tag_choices_shift = 3;
  static constexpr unsigned long tags_of_stores_only = 1UL << 19;  // PR_MTE_STORE_ONLY, which leaves loads unchecked

  [[nodiscard]] static bool has_tags() noexcept { return (::getauxval(AT_HWCAP2) >> 18 & 1) != 0; }  // MTE

  /// The control word of the calling thread, or a negative errno.
  [[nodiscard]] static long tag_control() noexcept {
    return number_of(::prctl(56, 0UL, 0UL, 0UL, 0UL));  // PR_GET_TAGGED_ADDR_CTRL
  }
  static int set_tag_control(unsigned long word) noexcept {
    return error_of(::prctl(55, word, 0UL, 0UL, 0UL));  // PR_SET_TAGGED_ADDR_CTRL
  }

  // The instructions require has_tags(). Pointer arguments carry their tag; runs consist of whole pages. The
  // instructions are written as numbers, over fixed registers: assemblers reject their names in programs that are built
  // for any arm64.

  /// IRG: a random tag that neither `excluded` nor the thread excludes; 0 if none is left.
  [[nodiscard]] static unsigned draw_tag(std::uint16_t excluded) noexcept {
    register std::byte* tagged asm("x9") = nullptr;
    register std::uint64_t without asm("x10") = excluded;
    asm volatile(".inst 0x9aca1129" : "+r"(tagged) : "r"(without));  // irg x9, x9, x10
    return tag_in(tagged);
  }
  /// LDG: the tag of the memory at `p`, which must be readable.
  [[nodiscard]] static unsigned tag_at(const void* p) noexcept {
    register const void* tagged asm("x9") = p;
    asm volatile(".inst 0xd9600129" : "+r"(tagged) : : "memory");  // ldg x9, [x9]
    return tag_in(tagged);
  }
  // PSTATE.TCO: while it is set, no access of this thread is checked. Signal handlers begin with it clear.
  static constexpr std::uint64_t checks_suspended = std::uint64_t{1} << 25;
  [[nodiscard]] static std::uint64_t check_override() noexcept {
    std::uint64_t word;
    asm volatile("mrs %0, s3_3_c4_c2_7" : "=r"(word));
    return word;
  }
  static void set_check_override(std::uint64_t word) noexcept {
    asm volatile("msr s3_3_c4_c2_7, %0" : : "r"(word) : "memory");
  }

  // One loop per instruction: in a shared one compilers would repeat the test for each block.

  /// DC GVA, or ST2G if that is prohibited.
  static void tag(std::byte* p, std::size_t bytes) noexcept {
    const std::size_t block = cache_block();
    if (block == 0) return tag_by_pairs(p, bytes);
    for (std::byte* each = p; each != p + bytes; each += block)
      asm volatile("sys #3, c7, c4, #3, %0" : : "r"(each) : "memory");  // dc gva
  }
  /// DC GZVA, or STZ2G if that is prohibited: clears and tags in one pass.
  static void clear_and_tag(std::byte* p, std::size_t bytes) noexcept {
    const std::size_t block = cache_block();
    if (block == 0) return clear_and_tag_by_pairs(p, bytes);
    for (std::byte* each = p; each != p + bytes; each += block)
      asm volatile("sys #3, c7, c4, #4, %0" : : "r"(each) : "memory");  // dc gzva
  }
  /// Tags two granules at once.
  static void tag_by_pairs(std::byte* p, std::size_t bytes) noexcept {
    for (register std::byte* each asm("x9") = p; each != p + bytes;)
      asm volatile(".inst 0xd9a02529" : "+r"(each) : : "memory");  // st2g x9, [x9], #32
  }
  static void clear_and_tag_by_pairs(std::byte* p, std::size_t bytes) noexcept {
    for (register std::byte* each asm("x9") = p; each != p + bytes;)
      asm volatile(".inst 0xd9e02529" : "+r"(each) : : "memory");  // stz2g x9, [x9], #32
  }

 private:
  /// Bytes that DC GVA and DC GZVA process at once; 0 if they are prohibited (DCZID_EL0: bit 4; the low four bits hold
  /// the logarithm of words).
  static std::size_t cache_block() noexcept {
    std::uint64_t id;
    asm("mrs %0, dczid_el0" : "=r"(id));
    return (id & 16) != 0 ? 0 : std::size_t{4} << (id & 15);
  }
};

}  // namespace quire::calls
#else
namespace quire::calls {
/// No hardware that checks tags.
struct linux_tags {};
}  // namespace quire::calls
#endif
