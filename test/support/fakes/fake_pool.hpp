// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux with or without a simulated pool of huge pages, so that explicit_huge can be tested on every machine. Whether a
// real pool behaves the same is checked by tests on machines that have one.
#include <cstddef>

#include <quire/calls/mapping.hpp>

#include "support/fakes/fake_populate.hpp"

namespace quire::test {

/// Requests for the pool receive ordinary pages.
template <class Calls>
struct fake_pool : fake_populate<Calls> {
  static constexpr int map_hugetlb = 0;
  static int memory_file(const char* name, unsigned flags) noexcept {
    const bool of_pool = (flags & Calls::file_of_pool) != 0;
    constexpr unsigned size_and_pool = 63U << Calls::map_huge_shift | Calls::file_of_pool;
    return Calls::memory_file(name, of_pool ? flags & ~size_and_pool : flags);
  }
};

/// A kernel that was built without pools.
template <class Calls>
struct fake_lack_of_pool : Calls {
  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    if ((flags & Calls::map_hugetlb) != 0) return {nullptr, Calls::invalid};
    return Calls::mmap(where, bytes, protection, flags);
  }
};

}  // namespace quire::test
