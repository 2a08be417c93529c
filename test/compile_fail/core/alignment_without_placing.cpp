// SPDX-License-Identifier: BSL-1.0
// expect: this alignment needs a store that can align its reservations
#include "bare_store.hpp"

struct store : bare_store {
#ifdef CONTROL
  static constexpr quire::store_traits traits{.honours_alignment = true};
#endif
};

struct aligned : quire::page_size::native {
  static constexpr void shape(quire::geometry& g) noexcept { g.want_alignment(std::size_t{1} << 21); }
};

allocator_over<store>::with_page_size<aligned> memory;
