// SPDX-License-Identifier: BSL-1.0
// expect: another system's numbers are in QNX's place
#include <sys/mman.h>
#ifndef CONTROL
#include <asm/mman.h>
#endif
#include <quire/platform/qnx.hpp>

quire::qnx_allocator memory;
