// SPDX-License-Identifier: BSL-1.0
// expect: V8's regions have 256 KiB: it cannot use blocks of huge pages
#include <quire/engine/v8.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/region_allocator.hpp>

using store = quire::backing::executable_linux_mmap<>;
#ifdef CONTROL
using pages = quire::page_size::transparent_huge<>;
#else
using pages = quire::page_size::transparent_huge<quire::page_size::in_blocks>;
#endif
using memory = quire::linux_allocator::with_backing<store>::with_page_size<pages>;

v8::PageAllocator& make(quire::region_allocator<memory>& regions) {
  static quire::engine::v8_pages allocator(regions);
  return allocator;
}
