// SPDX-License-Identifier: BSL-1.0
// expect: the mask of checked is the set of tags to draw from: it must not be empty
#include <quire/platform/linux.hpp>
#include <quire/tagging/checked.hpp>

#ifdef CONTROL
inline constexpr unsigned mask = 0x20;
#else
inline constexpr unsigned mask = 0;
#endif

quire::linux_allocator::with_tagging<quire::tagging::checked<mask>> memory;
