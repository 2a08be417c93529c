#pragma once
// Linux as if it had a pool of huge pages, and as if it had none, so that explicit_huge runs on every machine; that a
// true pool behaves the same is for the tests that find one.
#include <cstddef>

#include <quire/calls/mapping.hpp>

#include "support/fakes/fake_populate.hpp"

namespace quire::test {

/// Mappings that ask for the pool get ordinary pages.
template <class Calls>
struct fake_pool : fake_populate<Calls> {
  static constexpr int map_hugetlb = 0;
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
