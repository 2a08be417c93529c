// SPDX-License-Identifier: BSL-1.0
// expect: this tagging policy needs a store over hardware that checks tags
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

/// The calls of Linux on processors other than arm64.
struct without_tags : quire::calls::linux_kernel {
  int tag_control = 0;
};

#ifdef CONTROL
tagged_by<quire::tagging::mte<>> memory;
#else
quire::linux_allocator::with_backing<quire::backing::linux_mmap<without_tags>>::with_tagging<quire::tagging::mte<>>
    memory;
#endif
