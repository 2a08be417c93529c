// SPDX-License-Identifier: BSL-1.0
#pragma once
// A ring between two threads over the platform's allocator or another typedef.
#include <cstddef>

#include <quire/basic_ring_buffer.hpp>
#include <quire/native.hpp>

namespace quire {

/// A ring between two threads.
template <class T = std::byte, class A = native_allocator>
using ring_buffer = basic_ring_buffer<T, A>;

}  // namespace quire
