// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux with every feature: pools of huge pages (here ordinary pages), names for mappings, weighted interleaving, long
// reservations aligned as since 6.7, locked pages discarded as since 5.18, blocks collapsed as since 6.1. For tests
// that only look at the calls.
#include <cstddef>

#include <quire/calls/linux.hpp>
#include <quire/units.hpp>

#include "support/fakes/fake_pool.hpp"
#include "support/process/machine.hpp"

namespace quire::test {

struct permissive_fake_kernel : fake_pool<calls::linux_kernel> {
  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    using kernel = fake_pool<calls::linux_kernel>;
    if (where != nullptr) return kernel::mmap(where, bytes, protection, flags);
    constexpr std::size_t huge = 2_MiB;
    const calls::mapping got = kernel::mmap(nullptr, bytes + huge, protection, flags);
    if (got.error != 0) return got;
    auto* const begin = static_cast<std::byte*>(got.address);
    const std::size_t surplus = (huge - reinterpret_cast<std::size_t>(begin) % huge) % huge;
    if (surplus != 0) kernel::munmap(begin, surplus);
    kernel::munmap(begin + surplus + bytes, huge - surplus);
    return {begin + surplus, 0};
  }
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    using kernel = fake_pool<calls::linux_kernel>;
    const int n = kernel::madvise(p, bytes, advice);
    if (n == invalid && advice == advice_collapse && no_collapse() != nullptr) return 0;
    if (n != invalid || advice != advice_discard_locked) return n;
    if (const int unlocked = munlock(p, bytes)) return unlocked;
    if (const int discarded = kernel::madvise(p, bytes, advice_discard)) return discarded;
    return mlock_on_fault(p, bytes);
  }
  static int name_mapping(void*, std::size_t, const char*) noexcept { return 0; }
  static int mbind(void* p, std::size_t bytes, int mode, const unsigned long* mask, unsigned long nodes) noexcept {
    const int known = mode == numa_weighted_interleave ? numa_interleave : mode;
    return calls::linux_kernel::mbind(p, bytes, known, mask, nodes);
  }
};

}  // namespace quire::test
