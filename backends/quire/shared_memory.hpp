// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that processes share, over the platform's allocator or another typedef.
#include <quire/backing/shared_object.hpp>
#include <quire/basic_shared_memory.hpp>
#include <quire/native.hpp>

namespace quire {

/// Memory that several processes map, and that each of them can grow.
template <class A = native_allocator>
using shared_memory = basic_shared_memory<A, backing::shared_object<typename A::backing_type>>;

}  // namespace quire
