// SPDX-License-Identifier: BSL-1.0
// A user's program with a platform of its own: every way to reach the headers has to build and run it.
#include <quire/quire.hpp>

#include <cstdio>

using own_memory =
    quire::page_allocator<quire::backing::linux_mmap<>, quire::protection::guarded<>, quire::tagging::untagged,
                          quire::page_size::native, quire::placement::anywhere, quire::residency::on_demand>;

int main() {
  own_memory memory{quire::limits{.maximum = quire::pages{16}}};
  const auto bytes = memory.allocate(quire::pages{1});
  if (!bytes || bytes->size() != 65536) return 1;
  bytes->back() = std::byte{42};
  const auto before = memory.grow(quire::pages{1}, quire::pages{1});
  if (!before || memory.size() != 131072 || memory.data()[65535] != std::byte{42}) return 1;
  if (!memory.deallocate(memory.data(), memory.size())) return 1;
  std::puts("one page, then two, then none");
  return 0;
}
