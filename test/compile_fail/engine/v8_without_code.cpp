// SPDX-License-Identifier: BSL-1.0
// expect: V8 generates code: its pages come from a store that may make them executable
#include <quire/engine/v8.hpp>
#include <quire/platform/linux.hpp>
#include <quire/region_allocator.hpp>

#ifdef CONTROL
using memory = quire::linux_allocator::with_backing<quire::backing::executable_linux_mmap<>>;
#else
using memory = quire::linux_allocator;
#endif

v8::PageAllocator& make(quire::region_allocator<memory>& regions) {
  static quire::engine::v8_pages pages(regions);
  return pages;
}
