// SPDX-License-Identifier: BSL-1.0
#pragma once
// An arena as a std::pmr::memory_resource, over the platform's allocator or another typedef.
#include <quire/basic_arena_resource.hpp>
#include <quire/native.hpp>

namespace quire {

/// A memory resource of std::pmr over the platform's pages.
template <class A = native_allocator>
using arena_resource = basic_arena_resource<A>;

}  // namespace quire
