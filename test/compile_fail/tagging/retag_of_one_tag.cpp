// SPDX-License-Identifier: BSL-1.0
// expect: retag_on_reset needs two tags to choose from
#include <quire/platform/linux.hpp>
#include <quire/tagging/checked.hpp>

#ifdef CONTROL
inline constexpr unsigned mask = 0x60;
#else
inline constexpr unsigned mask = 0x20;
#endif

quire::linux_allocator::with_tagging<quire::tagging::checked<mask>::retag_on_reset> memory;
