// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::grow: \d jumps more than by hand, allowed are 1
#include "ordinary.hpp"

struct cautious : ordinary {
  result<pages> grow(pages current, pages additional) noexcept {
    if (base == nullptr) return quire::failure(quire::errc::not_allocated, quire::step::plan);
    if (capacity < size) return quire::failure(quire::errc::broken, quire::step::plan);
    if (limit < capacity) return quire::failure(quire::errc::limit_exceeded, quire::step::plan);
    return ordinary::grow(current, additional);
  }
};

struct spoilt : against_ordinary<cautious> {};
template struct codegen::compared<spoilt>;
