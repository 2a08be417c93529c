#pragma once
// A page size policy of the tests' own: another policy, counted in another unit. A unit below the system page makes the
// bound inexact.
#include <cstddef>

#include <quire/page_size/native.hpp>

namespace quire::test {

template <std::size_t Bytes, class Like = page_size::native>
struct in_units : Like {
  static constexpr std::size_t unit = Bytes;
};

}  // namespace quire::test
