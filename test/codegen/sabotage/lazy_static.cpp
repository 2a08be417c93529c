// SPDX-License-Identifier: BSL-1.0
// expect: the object has guard variable
#include "ordinary.hpp"

struct remembering : ordinary {
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    static const long page = sysconf(_SC_PAGESIZE);
    return ordinary::deallocate(p, bytes + static_cast<std::size_t>(page));
  }
};

struct spoilt : against_ordinary<remembering> {};
template struct codegen::compared<spoilt>;
