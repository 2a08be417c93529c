// SPDX-License-Identifier: BSL-1.0
#pragma once
// Typedefs that draw from a partition, as configurations of the conformance cases.
#include <cstddef>

#include <quire/backing/imaged.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/memory_partition.hpp>

#include "conformance/common.hpp"

namespace quire::test {

/// The partition that all objects of a conformance case draw from. It is opened in the process of the case, as child
/// processes do not inherit the minimum.
template <class Store, std::size_t Minimum>
memory_partition<Store>& everybodys() {
  static memory_partition<Store> one;
  if (one.maximum() == 0) (void)one.open({.name = "everybody's", .maximum = max_bytes, .minimum = Minimum});
  return one;
}

template <class A, std::size_t Minimum>
struct drawing {
  using store = typename A::backing_type;
  using allocator = with_partition<A>;
  static constexpr bool executes = false;
  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    return allocator{backing::partitioned{everybodys<store, Minimum>()}, limits...};
  }
  static const char* missing() { return nullptr; }
};

/// A typedef with images, which the conformance cases do not use.
template <class A, std::size_t Minimum>
struct drawing_with_images : drawing<A, Minimum> {
  using allocator = with_images<with_partition<A>>;
  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    return allocator{backing::partitioned{everybodys<typename A::backing_type, Minimum>()}, limits...};
  }
};

}  // namespace quire::test
