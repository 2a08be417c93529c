// SPDX-License-Identifier: BSL-1.0
// One typedef, one memory: reserved once, grown in place, guarded on both sides.
#include <cstdio>
#include <quire/quire.hpp>

using instance_memory =
    quire::page_allocator<quire::backing::linux_mmap<>,          // where address space and pages come from
                          quire::protection::guarded<>,          // inaccessible space around the memory
                          quire::tagging::untagged,              // hardware or accounting tags
                          quire::page_size::transparent_huge<>,  // what the memory is made of
                          quire::placement::prefer,              // which NUMA node: data, so it goes to the constructor
                          quire::residency::on_demand>;          // when pages arrive, and whether they may leave

int main() {
  instance_memory memory{quire::limits{.maximum = quire::pages{1024}}, quire::placement::prefer{.node = 0}};

  const auto bytes = memory.allocate(quire::pages{10}, quire::pages{12});  // 10 pages of 64 KiB, never more than 12
  if (!bytes) {
    std::printf("%s at %s, native code %d\n", bytes.error().message(), name(bytes.error().at), bytes.error().native);
    return 1;
  }
  (*bytes)[0] = std::byte{42};

  const auto before = memory.grow(quire::pages{10}, quire::pages{1});  // in place: 11 pages now
  const auto frozen = memory.protect(0, 65536, quire::access::read);   // the first page is read-only from here on
  std::printf("%zu bytes at %p, contents kept: %d\n", memory.size(), static_cast<void*>(memory.data()),
              static_cast<int>(memory.bytes()[0]));
  return before && frozen ? 0 : 1;
}  // the destructor releases everything
