// SPDX-License-Identifier: BSL-1.0
// expect: quire: pages that are mapped twice are not charged to a partition
#include <quire/backing/partitioned.hpp>
#include <quire/basic_jit_memory.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using store = quire::backing::executable_linux_mmap<>;
#else
using store = quire::backing::dual_mapped<>;
#endif
using charged = quire::with_partition<quire::linux_jit_allocator::with_backing<store>>;

void make(quire::memory_partition<store>& from) {
  const quire::basic_jit_memory<charged> jit{quire::backing::partitioned{from}};
}
