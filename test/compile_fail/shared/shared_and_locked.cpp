// SPDX-License-Identifier: BSL-1.0
// expect: shared memory is not locked, as what other processes add to it would not be
#include <quire/residency/locked.hpp>
#include <quire/shared_memory.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::linux_allocator::with_residency<quire::residency::locked>;
#endif

quire::shared_memory<memory> shared;
