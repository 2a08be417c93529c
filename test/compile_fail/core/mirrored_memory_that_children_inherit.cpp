// SPDX-License-Identifier: BSL-1.0
// expect: nor inherited by child processes
#include <cstddef>

#include <quire/mirrored.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/platform/linux.hpp>

using namespace quire;
constexpr std::size_t huge = std::size_t{2} << 20;
#ifdef CONTROL
using of_pool = page_size::explicit_huge<huge>;
#else
using of_pool = page_size::explicit_huge<huge, page_size::inherited>;
#endif

mirrored<linux_allocator::with_page_size<of_pool>> memory;
