// SPDX-License-Identifier: BSL-1.0
#include "unit/buffers/tock_kernel.hpp"

// The operations of memop that report without changing anything; 1 is sbrk, here by zero bytes.
memop_return_t memop(std::uint32_t op_type, std::uintptr_t arg1) {
  using kernel = quire::test::tock_kernel;
  if (++kernel::asked == kernel::fails_at) return {kernel::fails_with, 0};
  switch (op_type) {
    case 1:
      return arg1 == 0 ? memop_return_t{TOCK_STATUSCODE_SUCCESS, kernel::app_break}
                       : memop_return_t{TOCK_STATUSCODE_NOMEM, 0};
    case 2: return {TOCK_STATUSCODE_SUCCESS, kernel::begin};
  }
  return {TOCK_STATUSCODE_NOSUPPORT, 0};
}
