// SPDX-License-Identifier: BSL-1.0
#pragma once
// The translated program, whose runtime is started once for all that uses it: wabt after 1.0.32 aborts at a second
// time.
#include "guest.h"

namespace bench {

inline void start_guest() {
  [[maybe_unused]] static const bool is_started = [] {
    wasm_rt_init();
    wasm2c_guest_init_module();
    return true;
  }();
}

}  // namespace bench
