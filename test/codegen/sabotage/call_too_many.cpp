// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::deallocate: calls madvise munmap; by hand munmap$
#include "ordinary.hpp"

struct advising : ordinary {
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    (void)madvise(p, bytes, MADV_DONTNEED);
    return ordinary::deallocate(p, bytes);
  }
};

struct spoilt : against_ordinary<advising> {};
template struct codegen::compared<spoilt>;
