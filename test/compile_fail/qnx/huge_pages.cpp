// SPDX-License-Identifier: BSL-1.0
// expect: quire: this page size policy needs
#include <quire/page_size/no_huge.hpp>
#include <quire/platform/qnx.hpp>

#ifdef CONTROL
using policy = quire::page_size::native;
#else
using policy = quire::page_size::no_huge;
#endif

quire::qnx_allocator::with_page_size<policy> memory;
