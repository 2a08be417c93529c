// SPDX-License-Identifier: BSL-1.0
#pragma once
// Mirrored memory where one reservation can be mapped over in any part and is released by one call.
#include <cstddef>

#include <quire/policy/attributes.hpp>
#include <quire/store.hpp>
#include <quire/store/mirrors.hpp>

namespace quire::backing::detail {

template <class Store>
[[nodiscard]] int reserve_whole_mirror(mirror_place& place, std::size_t alignment,
                                       const attributes& requested) noexcept {
  const reservation got = Store::reserve(place.total(), alignment, requested);
  if (got.native != 0) return got.native;
  place.base = got.base;
  place.parts = 1;
  return 0;
}

template <class Store>
[[nodiscard]] int release_whole_mirror(mirror_place& place, const attributes& requested) noexcept {
  if (const int n = Store::release({place.base, place.total()}, place.both(), requested)) return n;
  place.parts = 0;
  return 0;
}

}  // namespace quire::backing::detail
