// SPDX-License-Identifier: BSL-1.0
#pragma once
// An arena over the platform's allocator or another typedef, and an allocator of the standard library on it.
#include <quire/basic_arena.hpp>
#include <quire/native.hpp>

namespace quire {

/// An arena over the platform's pages.
template <class A = native_allocator>
using arena = basic_arena<A>;
/// For containers of the standard library whose elements lie in an arena.
template <class T, class A = native_allocator>
using arena_allocator = basic_arena_allocator<T, A>;

}  // namespace quire
