// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::deallocate: indirect call instructions: 1, by hand none
#include "ordinary.hpp"

struct policy {
  virtual bool allows(std::size_t) const noexcept = 0;
};

struct asking : ordinary {
  const policy* asked;
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    if (!asked->allows(bytes)) return {};
    return ordinary::deallocate(p, bytes);
  }
};

struct spoilt : against_ordinary<asking> {};
template struct codegen::compared<spoilt>;
