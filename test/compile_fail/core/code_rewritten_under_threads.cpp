// SPDX-License-Identifier: BSL-1.0
// expect: maps_twice
#include <quire/basic_jit_memory.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using store = quire::backing::dual_mapped<>;
#else
using store = quire::backing::executable_linux_mmap<>;  // to write would take a page's execution from other threads
#endif

void patch(quire::basic_jit_memory<quire::linux_jit_allocator::with_backing<store>>& jit, quire::jit_code code) {
  (void)jit.rewrite(code);
}
