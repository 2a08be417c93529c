// SPDX-License-Identifier: BSL-1.0
// expect: quire: backing::partitioned is given the partition that it draws from
#include <quire/backing/partitioned.hpp>
#include <quire/platform/linux.hpp>

using store = quire::linux_allocator::backing_type;

void make([[maybe_unused]] quire::memory_partition<store>& partition) {
#ifdef CONTROL
  quire::with_partition<quire::linux_allocator> m{quire::backing::partitioned{partition}};
#else
  quire::with_partition<quire::linux_allocator> m{quire::backing::partitioned<store>{}};
#endif
}
