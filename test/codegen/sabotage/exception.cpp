// SPDX-License-Identifier: BSL-1.0
// expect: the object has typeinfo for
#include "ordinary.hpp"

struct throwing : ordinary {
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept try {
    if (bytes > capacity) throw bytes;
    return ordinary::deallocate(p, bytes);
  } catch (std::size_t) {
    return quire::failure(quire::errc::size_mismatch, quire::step::release);
  }
};

struct spoilt : against_ordinary<throwing> {};
template struct codegen::compared<spoilt>;
