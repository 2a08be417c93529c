// SPDX-License-Identifier: BSL-1.0
// expect: an argument is none of this allocator's store and policies
#include <quire/platform/linux.hpp>
#include <quire/region_allocator.hpp>

#ifdef CONTROL
quire::region_allocator<quire::linux_allocator> regions;
#else
quire::region_allocator<quire::linux_allocator> regions(quire::limits{quire::pages{1}});
#endif
