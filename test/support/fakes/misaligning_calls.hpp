// SPDX-License-Identifier: BSL-1.0
#pragma once
// A kernel that aligns mappings to system pages only, as Linux did before 6.7: an alignment takes additional calls.
#include <cstddef>
#include <cstdint>

#include <quire/calls/mapping.hpp>
#include <quire/units.hpp>

namespace quire::test {

enum class hints : bool { ignored, honoured };

template <class Base, hints Hints>
struct misaligning_calls : Base {
  static calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    if ((flags & Base::map_fixed) != 0 || (where != nullptr && Hints == hints::honoured))
      return Base::mmap(where, bytes, protection, flags);
    // Places mappings one page beyond a multiple of 2 MiB, whatever was requested, and returns the rest.
    constexpr std::size_t block = std::size_t{2} << 20;
    const std::size_t page = Base::page_bytes();
    const calls::mapping got = Base::mmap(nullptr, bytes + 2 * block, protection, flags);
    if (got.error != 0) return got;
    auto* const begin = static_cast<std::byte*>(got.address);
    const std::size_t skipped = block - reinterpret_cast<std::uintptr_t>(begin) % block + page;
    Base::munmap(begin, skipped);
    Base::munmap(begin + skipped + bytes, 2 * block - skipped);
    return {begin + skipped, 0};
  }
};

}  // namespace quire::test
