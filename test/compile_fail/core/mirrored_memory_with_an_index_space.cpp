// SPDX-License-Identifier: BSL-1.0
// expect: mirrored memory has no index space: use protection::guarded
#include <quire/mirrored.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::wasm_linux_allocator;
#endif

quire::mirrored<memory> mirrored;
