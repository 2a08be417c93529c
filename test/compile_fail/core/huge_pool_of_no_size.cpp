// SPDX-License-Identifier: BSL-1.0
// expect: needs a store with a pool of huge pages of that size
#include <quire/page_size/explicit_huge.hpp>
#include <quire/platform/linux.hpp>

struct store : quire::backing::linux_mmap<> {
#ifndef CONTROL
  static constexpr bool serves_pool_of(std::size_t) noexcept { return false; }
#endif
};

quire::linux_allocator::with_backing<store>::with_page_size<quire::page_size::explicit_huge<2097152>> memory;
