// SPDX-License-Identifier: BSL-1.0
// expect: a memory is made of one kind of page
#include <quire/all_of.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using page_size = quire::page_size::no_huge;
#else
using page_size = quire::all_of<quire::page_size::no_huge, quire::page_size::transparent_huge<>>;
#endif

quire::linux_allocator::with_page_size<page_size> memory;
