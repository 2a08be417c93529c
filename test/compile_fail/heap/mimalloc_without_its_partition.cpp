// SPDX-License-Identifier: BSL-1.0
// expect: use of deleted function|call to deleted constructor
#include <quire/backing/partitioned.hpp>
#include <quire/heap/mimalloc.hpp>
#include <quire/platform/linux.hpp>

using memory = quire::with_partition<quire::linux_allocator>;

quire::result<mi_arena_id_t> make(quire::memory_partition<quire::backing::linux_mmap<>>& partition) {
#ifdef CONTROL
  return quire::heap::mimalloc_arena<memory>(1, quire::backing::partitioned{partition});
#else
  (void)partition;
  return quire::heap::mimalloc_arena<memory>(1);
#endif
}
