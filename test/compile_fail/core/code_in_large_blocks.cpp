// SPDX-License-Identifier: BSL-1.0
// expect: quire: generated code and its data lie in slabs of 2 MiB, which cannot consist of larger blocks
#include <quire/basic_jit_memory.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
inline constexpr std::size_t block = std::size_t{2} << 20;
#else
inline constexpr std::size_t block = std::size_t{4} << 20;
#endif
using blocks = quire::page_size::transparent_huge<quire::page_size::in_blocks, block>;
quire::basic_jit_memory<quire::linux_jit_allocator::with_page_size<blocks>> jit;
