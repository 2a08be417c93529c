// SPDX-License-Identifier: BSL-1.0
// expect: tag 0 is that of a default tagged_ptr: leave bit 0 out of the mask
#include <quire/platform/linux.hpp>
#include <quire/tagging/checked.hpp>

#ifdef CONTROL
inline constexpr unsigned mask = 0xfffe;
#else
inline constexpr unsigned mask = 0xffff;
#endif

quire::linux_allocator::with_tagging<quire::tagging::checked<mask>> memory;
