// SPDX-License-Identifier: BSL-1.0
// expect: quire: this takes a typedef of page_allocator, as linux_allocator is, and no fallback
#include <quire/fallback.hpp>
#include <quire/platform/linux.hpp>
#include <quire/ring_buffer.hpp>

#ifdef CONTROL
using chosen = quire::linux_allocator;
#else
using chosen = quire::fallback<quire::huge_linux_allocator, quire::linux_allocator>;
#endif

std::size_t size_of(const quire::ring_buffer<int, chosen>& ring) { return ring.size(); }
