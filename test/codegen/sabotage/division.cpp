// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::grow: u?divq? instructions: \d, by hand none
#include "ordinary.hpp"

struct dividing : ordinary {
  std::size_t unit;
  result<pages> grow(pages current, pages additional) noexcept {
    limit = size / unit;
    return ordinary::grow(current, additional);
  }
};

struct spoilt : against_ordinary<dividing> {};
template struct codegen::compared<spoilt>;
