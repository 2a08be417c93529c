#pragma once
// Populates pages for which the system has no call.
#include <cstddef>

#include <quire/store.hpp>

namespace quire::backing::detail {

/// No system call: writes to each page the byte that it holds, which may be an image's.
inline void touch_pages(page_run r, std::size_t page_bytes) noexcept {
  for (std::size_t i = 0; i < r.bytes; i += page_bytes) {
    volatile std::byte& page = r.base[i];
    const std::byte held = page;
    page = held;
  }
}

}  // namespace quire::backing::detail
