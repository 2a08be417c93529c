// SPDX-License-Identifier: BSL-1.0
// expect: regions are made over a store without data of its own
#include <quire/backing/concurrent.hpp>
#include <quire/platform/linux.hpp>
#include <quire/region_allocator.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::with_concurrent_growth<quire::linux_allocator>;
#endif

quire::region_allocator<memory> regions;
