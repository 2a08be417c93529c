// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::deallocate: indirect (call|jump) instructions: 1, by hand none
#include "ordinary.hpp"

struct notifying : ordinary {
  void (*told)(std::size_t) noexcept;
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    told(bytes);
    return ordinary::deallocate(p, bytes);
  }
};

struct spoilt : against_ordinary<notifying> {};
template struct codegen::compared<spoilt>;
