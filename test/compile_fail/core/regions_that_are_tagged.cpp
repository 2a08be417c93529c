// SPDX-License-Identifier: BSL-1.0
// expect: regions are neither tagged, purgeable nor from a pool of huge pages
#include <quire/platform/linux.hpp>
#include <quire/region_allocator.hpp>
#include <quire/tagging/checked.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::linux_allocator::with_tagging<quire::tagging::checked<>>;
#endif

quire::region_allocator<memory> regions;
