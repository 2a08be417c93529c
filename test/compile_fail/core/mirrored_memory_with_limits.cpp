// SPDX-License-Identifier: BSL-1.0
// expect: an argument is none of this allocator's store and policies
#include <quire/mirrored.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
quire::mirrored<quire::linux_allocator> memory;
#else
quire::mirrored<quire::linux_allocator> memory(quire::limits{quire::pages{1}});
#endif
