// SPDX-License-Identifier: BSL-1.0
// The answers of a Tock kernel to an application that owns all RAM of the board.
#include <cstdint>

#include <libtock/tock.h>

memop_return_t memop(std::uint32_t op_type, std::uintptr_t) {
  constexpr std::uint32_t begin_of_memory = 2;
  return {TOCK_STATUSCODE_SUCCESS,
          op_type == begin_of_memory ? std::uintptr_t{0x20000000} : std::uintptr_t{0x20200000}};
}
