// SPDX-License-Identifier: BSL-1.0
// expect: memory is shared between processes over linux_mmap and posix_mmap, not over this store
#include <quire/backing/windows_virtual.hpp>
#include <quire/calls/windows/types.hpp>
#include <quire/shared_memory.hpp>

namespace {
struct no_windows : quire::calls::windows_types {};
}  // namespace

#ifdef CONTROL
using object = quire::backing::shared_object<quire::backing::linux_mmap<>>;
#else
using object = quire::backing::shared_object<quire::backing::windows_virtual<no_windows>>;
#endif

quire::basic_shared_memory<quire::linux_allocator, object> memory;
