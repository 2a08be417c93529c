// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::deallocate: calls __errno_location, by hand not
#include "ordinary.hpp"

struct silent {
  std::byte* base;
  result<std::span<std::byte>> allocate(pages, std::optional<pages>) noexcept { return std::span<std::byte>(base, 1); }
  result<pages> grow(pages current, pages) noexcept { return current; }
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    if (munmap(p, bytes) != 0) return quire::failure(quire::errc::system, quire::step::release);
    return {};
  }
};
struct curious : silent {
  int why;
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    why = errno;
    return silent::deallocate(p, bytes);
  }
};

struct spoilt {
  using library = curious;
  using by_hand = silent;
};
template struct codegen::compared<spoilt>;
