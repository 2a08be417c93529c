// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a Tock application can query about its memory, through libtock-c. (There is no call that changes access to a
// part of it.)
#include <cstdint>

#include <libtock/tock.h>

namespace quire::calls {

struct tock {
  static constexpr int no_memory = TOCK_STATUSCODE_NOMEM, invalid = TOCK_STATUSCODE_INVAL;
  static constexpr int unsupported = TOCK_STATUSCODE_NOSUPPORT;

  /// `error` is 0, or the kernel's status code.
  struct answer {
    std::uintptr_t address;
    int error;
  };

  /// Where the process's memory begins: memop 2.
  static answer memory_begin() noexcept { return ask(2); }
  /// The break, where the memory that the application can reach ends: memop 1, by nothing. The memory above belongs to
  /// the kernel's grants, or is unused.
  static answer app_break() noexcept { return ask(1); }

 private:
  static answer ask(std::uint32_t operation) noexcept {
    const memop_return_t got = ::memop(operation, 0);
    return {got.data, static_cast<int>(got.status)};
  }
};

}  // namespace quire::calls
