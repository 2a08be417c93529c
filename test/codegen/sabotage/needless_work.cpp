// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::grow: \d+ instructions more than by hand, allowed are 16
#include "ordinary.hpp"

struct counting : ordinary {
  std::size_t calls[22];
  result<pages> grow(pages current, pages additional) noexcept {
    calls[0] += current.n;
    calls[3] += calls[0] ^ additional.n;
    calls[6] += calls[3] ^ current.n;
    calls[9] += calls[6] ^ additional.n;
    calls[12] += calls[9] ^ current.n;
    calls[15] += calls[12] ^ additional.n;
    calls[18] += calls[15] ^ current.n;
    calls[21] += calls[18] ^ additional.n;
    return ordinary::grow(current, additional);
  }
};

struct spoilt : against_ordinary<counting> {};
template struct codegen::compared<spoilt>;
