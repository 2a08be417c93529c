// SPDX-License-Identifier: BSL-1.0
// Reads the address space of this process on Darwin, for the conformance cases: mach_vm_region, mincore.
#include "support/process/process_maps.hpp"

#include <cstring>
#include <stdexcept>
#include <sys/mman.h>

#include <quire/calls/mach.hpp>

namespace quire::test {

void maps_snapshot::take() noexcept {
  length_ = 0;
  calls::mach::memory_region here{};
  for (const std::byte* at = nullptr; calls::mach::vm_region(at, here) == 0; at = here.base + here.bytes) {
    const std::uintptr_t line[] = {reinterpret_cast<std::uintptr_t>(here.base), here.bytes,
                                   static_cast<std::uintptr_t>(here.current)};
    if (length_ + sizeof line > room) {
      length_ = 0;  // too many mappings to compare: the snapshot is empty and equals no other
      return;
    }
    std::memcpy(text_ + length_, line, sizeof line);
    length_ += sizeof line;
  }
}

bool operator==(const maps_snapshot& a, const maps_snapshot& b) noexcept {
  return a.length_ != 0 && a.length_ == b.length_ && std::memcmp(a.text_, b.text_, a.length_) == 0;
}

std::size_t resident_bytes(const void* p, std::size_t bytes) {
  const std::size_t page = calls::mach::page_bytes();
  std::vector<char> in_memory((bytes + page - 1) / page);
  if (::mincore(p, bytes, in_memory.data()) != 0) throw std::runtime_error{"mincore: not mapped"};
  std::size_t pages = 0;
  for (const char c : in_memory) pages += static_cast<std::size_t>(c & 1);
  return pages * page;
}

}  // namespace quire::test
