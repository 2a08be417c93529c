// SPDX-License-Identifier: BSL-1.0
#pragma once
// Helpers of the tests of hardware tags: a thread that checks them, the typedefs, and reads of tags in memory.
#include <cstddef>
#include <cstring>
#include <span>

#include <quire/backing/detail/linux/mte.hpp>
#include <quire/mte_thread_scope.hpp>
#include <quire/platform/linux_arm64_mte.hpp>
#include <quire/protection/unguarded.hpp>

#include "support/catch/catch.hpp"
#include "support/process/child.hpp"
#include "support/test_configs.hpp"

namespace quire::test {

using machine_calls = calls::linux_kernel;
using tagged_allocator = linux_arm64_mte_allocator;
template <class T>
using with = linux_allocator::with_tagging<T>;

/// Returns what is missing, or null. Without tags only `not_supported` can be tested (without.cpp).
inline const char* no_tags() { return machine_calls::has_tags() ? nullptr : "this processor has no memory tagging"; }
/// qemu's user mode, at least up to 7.2, faults on DC ZVA through a tagged pointer, with which C libraries clear
/// memory.
inline const char* no_clearing_through_tags() {
  static const bool clears = run_in_child([] {
                               const tagging::mte_thread_scope scope;
                               tagged_allocator a;
                               if (a.allocate(pages{1}, pages{1})) std::memset(a.data(), 0, a.size());
                             }).finished;
  return clears ? nullptr : "this emulator cannot clear memory through a tagged pointer";
}

/// A test config whose objects are made in a thread that checks tags; the scope lasts as long as the process.
template <class Subject>
struct in_checking_thread : Subject {
  static const char* missing() {
    if (const char* const why = no_tags()) return why;
    static const tagging::mte_thread_scope scope;
    return scope ? nullptr : "this thread cannot enable checks of tags";
  }
};
template <class A>
using checked_config = in_checking_thread<plain<A>>;

/// Returns the tag of the granule at `p`.
inline unsigned tag_in_memory(const std::byte* p) { return machine_calls::tag_at(p); }

/// Whether every granule of the range carries this tag.
inline bool all_tagged(std::span<const std::byte> bytes, unsigned tag) {
  for (std::size_t i = 0; i < bytes.size(); i += tag_granule)
    if (tag_in_memory(bytes.data() + i) != tag) return false;
  return true;
}

#define REQUIRE_TAGS() \
  if (const char* const why = quire::test::no_tags()) return skip(why)

}  // namespace quire::test
