// SPDX-License-Identifier: BSL-1.0
// expect: this tagging policy needs a store over hardware that checks tags
#include <quire/platform/posix.hpp>
#include <quire/tagging/coloured.hpp>

#ifdef CONTROL
using policy = quire::tagging::untagged;
#else
using policy = quire::tagging::coloured<>;
#endif

quire::posix_allocator::with_tagging<policy> memory;
