// SPDX-License-Identifier: BSL-1.0
#pragma once
// A vector whose elements never move, over the platform's allocator or another typedef.
#include <quire/basic_pinned_vector.hpp>
#include <quire/native.hpp>

namespace quire {

/// A std::vector whose elements never move.
template <class T, class A = native_allocator>
using pinned_vector = basic_pinned_vector<T, A>;

}  // namespace quire
