// SPDX-License-Identifier: BSL-1.0
// expect: a region has no index space: use protection::guarded
#include <quire/platform/linux.hpp>
#include <quire/region_allocator.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = quire::wasm_linux_allocator;
#endif

quire::region_allocator<memory> regions;
