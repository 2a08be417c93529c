// SPDX-License-Identifier: BSL-1.0
#pragma once
// Short names for pages in another unit. A unit below the system page makes the bound inexact.
#include <cstddef>

#include <quire/page_size/in_units_of.hpp>
#include <quire/page_size/native.hpp>

namespace quire::test {

template <std::size_t Bytes, class Like = page_size::native>
using in_units = page_size::in_units_of<Bytes, Like>;

}  // namespace quire::test
