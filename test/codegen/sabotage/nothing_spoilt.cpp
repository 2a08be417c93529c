// SPDX-License-Identifier: BSL-1.0
// expect: nothing
#include "ordinary.hpp"

struct unspoilt : ordinary {
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept { return ordinary::deallocate(p, bytes); }
};

struct spoilt : against_ordinary<unspoilt> {};
template struct codegen::compared<spoilt>;
