// SPDX-License-Identifier: BSL-1.0
// expect: an alignment is a power of two
#include <quire/platform/linux.hpp>
#include <quire/protection/aligned.hpp>

#ifdef CONTROL
constexpr std::size_t bytes = 4096;
#else
constexpr std::size_t bytes = 48000;
#endif

quire::linux_allocator::with_protection<quire::protection::aligned<bytes>> memory;
