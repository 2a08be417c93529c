// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memories of a pool that start from an image, as subjects of the conformance cases.
#include "unit/images/contents.hpp"
#include "unit/pools/pooled.hpp"

namespace quire::test {

/// Every memory that is large enough starts from an image of zeros.
template <class A, class R, class B = bounds::uncommitted>
struct pooled_from_image : pooled<with_images<A>, R, B> {
  using in_a_pool = pooled<with_images<A>, R, B>;
  using allocator = always_from_image<typename in_a_pool::allocator>;
  using world = typename allocator::world;

  template <class... Limits>
  static allocator make(Limits... limits) noexcept {
    auto first = in_a_pool::slots().acquire(typename A::pages{0});
    return allocator{first->backing(), limits...};
  }
};

}  // namespace quire::test
