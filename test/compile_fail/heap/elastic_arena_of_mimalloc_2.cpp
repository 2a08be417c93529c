// SPDX-License-Identifier: BSL-1.0
// expect: an elastic arena needs mimalloc 3.3 or later
#include <mimalloc.h>
#ifndef CONTROL
#undef MI_MALLOC_VERSION
#define MI_MALLOC_VERSION 209
#endif
#include <quire/heap/mimalloc_elastic.hpp>
#include <quire/platform/linux.hpp>

quire::result<mi_arena_id_t> make() { return quire::heap::mimalloc_elastic_arena<quire::linux_allocator>(1); }
