// SPDX-License-Identifier: BSL-1.0
// expect: an arena is made over an allocator of pages
#include <memory>
#include <quire/arena.hpp>

#ifdef CONTROL
using memory = quire::native_allocator;
#else
using memory = std::allocator<std::byte>;
#endif

quire::arena<memory> pieces;
