// SPDX-License-Identifier: BSL-1.0
// expect: this store cannot map memory twice: those of Linux, macOS, Windows and POSIX can
#include <quire/mirrored.hpp>
#include <quire/platform/qnx.hpp>

#ifndef CONTROL
quire::mirrored<quire::qnx_allocator> memory;
#endif
