// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memory that is a file, over the platform's allocator or another typedef.
#include <quire/backing/file.hpp>
#include <quire/basic_file_memory.hpp>
#include <quire/native.hpp>

namespace quire {

/// Memory that is a file.
template <class A = native_allocator>
using file_memory = basic_file_memory<A, backing::file<typename A::backing_type>>;

}  // namespace quire
