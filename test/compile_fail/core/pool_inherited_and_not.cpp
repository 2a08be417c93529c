// SPDX-License-Identifier: BSL-1.0
// expect: quire: two policies of this typedef contradict each other
#include <quire/page_size/explicit_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/not_inherited.hpp>

#ifdef CONTROL
using size = quire::page_size::explicit_huge<2097152>;
#else
using size = quire::page_size::explicit_huge<2097152, quire::page_size::inherited>;
#endif

quire::linux_allocator::with_page_size<size>::with_residency<quire::residency::not_inherited> memory;
