// SPDX-License-Identifier: BSL-1.0
// expect: this page size policy needs a store that takes advice on huge pages
#include <quire/page_size/no_huge.hpp>

#include "bare_store.hpp"

struct store : bare_store {
#ifdef CONTROL
  static int advise_huge(quire::page_run, quire::huge_request) noexcept { return 0; }
#endif
};

allocator_over<store>::with_page_size<quire::page_size::no_huge> memory;
