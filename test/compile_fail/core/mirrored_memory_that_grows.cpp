// SPDX-License-Identifier: BSL-1.0
// expect: memory is mirrored over a store without data of its own, or over a partition of one
#include <quire/backing/concurrent.hpp>
#include <quire/mirrored.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::with_concurrent_growth<quire::linux_allocator>;
#endif

quire::mirrored<memory> mirrored;
