// SPDX-License-Identifier: BSL-1.0
// expect: a VM tag is one of the applications' own, 240 to 255, or vm_tag_webassembly
#include <quire/tagging/vm_tag.hpp>

#include "compile_fail/core/bare_store.hpp"

struct store : bare_store {
  static constexpr bool takes_vm_tags = true;
};

#ifdef CONTROL
inline constexpr unsigned number = 240;
#else
inline constexpr unsigned number = 239;
#endif

allocator_over<store>::with_tagging<quire::tagging::vm_tag<number>> memory;
