// SPDX-License-Identifier: BSL-1.0
// expect: use of deleted function|call to deleted constructor
#include <quire/backing/partitioned.hpp>
#include <quire/platform/linux.hpp>

using memory = quire::with_partition<quire::linux_allocator>;

void make(quire::memory_partition<quire::backing::linux_mmap<>>& partition) {
#ifdef CONTROL
  memory m{quire::backing::partitioned{partition}};
#else
  memory m;
  (void)partition;
#endif
}
