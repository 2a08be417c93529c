// SPDX-License-Identifier: BSL-1.0
// expect: heaps commit 64 KiB or less at a time: they cannot use blocks of huge pages
#include <quire/heap/jemalloc.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using pages = quire::page_size::transparent_huge<>;
#else
using pages = quire::page_size::transparent_huge<quire::page_size::in_blocks>;
#endif

quire::heap::jemalloc_arena<quire::linux_allocator::with_page_size<pages>> arena;
