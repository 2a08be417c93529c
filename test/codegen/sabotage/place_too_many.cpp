// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::deallocate: calls munmap\*2; by hand munmap$
#include "ordinary.hpp"

struct insisting : ordinary {
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    const auto done = ordinary::deallocate(p, bytes);
    if (!done) (void)munmap(p, bytes);
    return done;
  }
};

struct spoilt : against_ordinary<insisting> {};
template struct codegen::compared<spoilt>;
