// SPDX-License-Identifier: BSL-1.0
// expect: a region has no index space
#include <quire/heap/mimalloc_elastic.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::wasm_linux_allocator;
#endif

quire::result<mi_arena_id_t> make() { return quire::heap::mimalloc_elastic_arena<memory>(1); }
