// SPDX-License-Identifier: BSL-1.0
#pragma once
// Populates pages for which the system has no call.
#include <atomic>
#include <cstddef>

#include <quire/store.hpp>

namespace quire::backing::detail {

/// No system call: writes to each page the word that it holds, which may be an image's. If another thread writes to it
/// meanwhile, that thread has brought the page in. (A word, as GCC calls a library for single bytes on RISC-V.)
inline void touch_pages(page_run r, std::size_t page_bytes) noexcept {
  for (std::size_t i = 0; i < r.bytes; i += page_bytes) {
    const std::atomic_ref<unsigned> first(*reinterpret_cast<unsigned*>(r.base + i));
    unsigned held = first.load(std::memory_order_relaxed);
    (void)first.compare_exchange_strong(held, held, std::memory_order_relaxed);
  }
}

}  // namespace quire::backing::detail
