// SPDX-License-Identifier: BSL-1.0
// expect: this store cannot map memory twice: those of Linux, macOS, Windows and POSIX can
#include <quire/mirrored.hpp>
#include <quire/platform/linux.hpp>

#include "bare_store.hpp"

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = allocator_over<bare_store>;
#endif

quire::mirrored<memory> mirrored;
