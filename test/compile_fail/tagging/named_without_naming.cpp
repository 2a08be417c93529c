// SPDX-License-Identifier: BSL-1.0
// expect: this tagging policy needs a store that can name its mappings
#include <quire/tagging/named.hpp>

#include "compile_fail/core/bare_store.hpp"

struct store : bare_store {
#ifdef CONTROL
  static int name(quire::page_run, const char*) noexcept { return 0; }
#endif
};

allocator_over<store>::with_tagging<quire::tagging::named<"quire">> memory;
