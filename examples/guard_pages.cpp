// SPDX-License-Identifier: BSL-1.0
// Guard pages, twice: as Quire provides them, and as they are often written by hand.
#include <cstdio>
#include <quire/quire.hpp>

namespace {

constexpr std::size_t page = 65536;

// The guards lie outside the returned pages: all ten are usable, and so are the two that may be added later.
bool guards_outside() {
  quire::linux_allocator memory;
  const auto bytes = memory.allocate(quire::pages{10}, quire::pages{12});
  if (!bytes) return false;
  const std::byte* const begin = memory.data();
  std::printf("one byte before the memory: %s\n", name(memory.zone_of(begin - 1)));
  std::printf("its first byte:             %s\n", name(memory.zone_of(begin)));
  std::printf("one byte after its size:    %s\n", name(memory.zone_of(begin + memory.size())));
  std::printf("one byte after its maximum: %s\n", name(memory.zone_of(begin + memory.capacity())));
  return memory.zone_of(begin - 1) == quire::zone::guard_before &&
         memory.zone_of(begin + memory.capacity()) == quire::zone::guard_after;
}

// The familiar pattern: sacrifice the first page and protect the last one. Two things are wrong with it. Page 11 was
// never committed: it faults anyway, so this protect has nothing to do and leaves no trace. And a later grow opens it:
// pages that grow commits are readable and writable, whatever was requested before.
bool guards_inside() {
  quire::linux_allocator memory;
  if (!memory.allocate(quire::pages{10}, quire::pages{12})) return false;
  const auto first = memory.protect(0, page, quire::access::none);
  const auto last = memory.protect(11 * page, page, quire::access::none);
  if (!first || !last || !memory.grow(quire::pages{2})) return false;
  memory.data()[11 * page] = std::byte{1};  // no fault: the guard is gone
  std::printf("the protected last page after grow: %s\n", name(memory.zone_of(memory.data() + 11 * page)));
  return memory.zone_of(memory.data() + 11 * page) == quire::zone::accessible;
}

}  // namespace

int main() { return guards_outside() && guards_inside() ? 0 : 1; }
