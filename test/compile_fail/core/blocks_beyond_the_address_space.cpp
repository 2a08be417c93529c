// SPDX-License-Identifier: BSL-1.0
// expect: do not fit the target's address space
#include "bare_store.hpp"

struct shaped : quire::page_size::native {
  static constexpr void shape(quire::geometry& g) noexcept {
#ifdef CONTROL
    g.want_blocks(65536, 1);
#else
    g.want_blocks(quire::max_bytes / 2 + 1, 1);
#endif
  }
};

allocator_over<bare_store>::with_page_size<shaped> memory;
