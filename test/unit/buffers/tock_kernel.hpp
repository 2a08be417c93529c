// SPDX-License-Identifier: BSL-1.0
#pragma once
// The answers of a Tock kernel to an application, set by the tests. It refuses what a real kernel refuses.
#include <cstddef>
#include <cstdint>

#include <libtock/tock.h>

namespace quire::test {

struct tock_kernel {
  static inline std::uintptr_t begin = 0, app_break = UINTPTR_MAX;
  static inline unsigned asked = 0;
  static inline unsigned fails_at = 0;  // number of the call that fails, from 1; 0: none
  static inline statuscode_t fails_with = TOCK_STATUSCODE_FAIL;

  static void memory_is_everything() noexcept { memory_is(0, UINTPTR_MAX); }
  static void memory_is(std::uintptr_t first, std::uintptr_t end) noexcept {
    begin = first;
    app_break = end;
    asked = fails_at = 0;
  }
  static void fail(unsigned which, statuscode_t with) noexcept {
    asked = 0;
    fails_at = which;
    fails_with = with;
  }
};

}  // namespace quire::test
