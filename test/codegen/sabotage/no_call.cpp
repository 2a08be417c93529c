// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::allocate: no call seen
#include "ordinary.hpp"

struct idle {
  std::byte* base;
  result<std::span<std::byte>> allocate(pages, std::optional<pages>) noexcept { return std::span<std::byte>(base, 1); }
  result<pages> grow(pages current, pages) noexcept { return current; }
  result<void> deallocate(std::byte*, std::size_t) noexcept { return {}; }
};

struct spoilt {
  using library = idle;
  using by_hand = idle;
};
template struct codegen::compared<spoilt>;
