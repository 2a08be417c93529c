// SPDX-License-Identifier: BSL-1.0
// expect: mirrored memory is neither tagged nor purgeable
#include <quire/mirrored.hpp>
#include <quire/platform/linux.hpp>
#include <quire/tagging/checked.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::linux_allocator::with_tagging<quire::tagging::checked<>>;
#endif

quire::mirrored<memory> mirrored;
