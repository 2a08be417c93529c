#pragma once
// An arena over the platform's allocator or another typedef, and an allocator of the standard library on it.
#include <quire/basic_arena.hpp>
#include <quire/native.hpp>

namespace quire {

template <class A = native_allocator>
using arena = basic_arena<A>;
template <class T, class A = native_allocator>
using arena_allocator = basic_arena_allocator<T, A>;

}  // namespace quire
