// SPDX-License-Identifier: BSL-1.0
// expect: alignments and blocks are powers of two
#include "bare_store.hpp"

struct shaped : quire::page_size::native {
  static constexpr void shape(quire::geometry& g) noexcept {
#ifdef CONTROL
    g.want_blocks(4 * 65536, 1);
#else
    g.want_blocks(3 * 65536, 1);
#endif
  }
};

allocator_over<bare_store>::with_page_size<shaped> memory;
