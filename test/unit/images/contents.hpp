// SPDX-License-Identifier: BSL-1.0
#pragma once
// Contents that differ from zeros, images of them, and memories that always start from one.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <quire/backing/imaged.hpp>
#include <quire/result.hpp>

#include "conformance/common.hpp"
#include "support/catch/catch.hpp"

namespace quire::test {

/// Returns bytes other than zero, without two equal pages: those of one page that lies where another belongs
/// differ from what is expected there.
inline std::vector<std::byte> pattern(std::size_t bytes) {
  std::vector<std::byte> made(bytes);
  for (std::size_t i = 0; i != bytes; ++i) made[i] = static_cast<std::byte>(((i * 31 >> 4) + (i >> 12) * 77) | 1);
  return made;
}

/// Returns whether `bytes` are zero except for the image at `offset`.
inline bool holds_image(std::span<const std::byte> bytes, const std::vector<std::byte>& contents, std::size_t offset) {
  return all_zero(bytes.first(offset)) && std::ranges::equal(contents, bytes.subspan(offset, contents.size())) &&
         all_zero(bytes.subspan(offset + contents.size()));
}

template <class A>
typename A::image image_of(const std::vector<std::byte>& contents) {
  auto made = A::image::from(contents);
  REQUIRE(made);
  return std::move(*made);
}

/// Starts every memory that is large enough from an image of zeros, so that all that holds of zeros must hold of it.
template <class A>
struct always_from_image : A {
  using A::A;
  using pages = typename A::pages;
  using image = typename A::image;

  static inline std::optional<image> zeros;
  /// The image exists as long as this object.
  struct world {
    static inline const std::vector<std::byte> contents = std::vector<std::byte>(chunk + 5000);
    world() { zeros = std::move(*image::from(contents)); }
    ~world() { zeros.reset(); }
  };
  result<std::span<std::byte>> allocate(pages initial, std::optional<pages> maximum = std::nullopt) noexcept {
    if (initial.n * pages::unit < 2 * chunk || initial.n * pages::unit > 1000 * chunk)
      return A::allocate(initial, maximum);
    return A::allocate_from(*zeros, 0, initial, maximum);
  }
};

}  // namespace quire::test
