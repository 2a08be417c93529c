// SPDX-License-Identifier: BSL-1.0
#pragma once
// Effects that MemorySanitizer does not see: a raw system call that fills memory, and advice that zeroes pages. Memory
// that such a call fills is initialised before it; memory that it clears is reported to the sanitizer.
#include <cstddef>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define QUIRE_MEMORY_SANITIZER
#endif
#endif

namespace quire::calls::detail {

/// The kernel has zeroed these bytes.
inline void initialised_by_kernel([[maybe_unused]] const void* p, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(QUIRE_MEMORY_SANITIZER)
  __msan_unpoison(p, bytes);
#endif
}

}  // namespace quire::calls::detail

#undef QUIRE_MEMORY_SANITIZER
