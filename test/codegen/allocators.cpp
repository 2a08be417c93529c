// SPDX-License-Identifier: BSL-1.0
// The object file that the checker reads.
#include "choosing.hpp"
#include "pairs.hpp"
#include "pairs_of_allocators.hpp"

template struct codegen::compared<linux_allocator>;
template struct codegen::compared<wasm_linux_allocator>;
template struct codegen::compared<huge_linux_allocator>;
template struct codegen::compared<numa_linux_allocator>;
template struct codegen::compared<checked_linux_allocator>;
template struct codegen::compared<posix_allocator>;
template struct codegen::compared<native_allocator>;
template struct codegen::compared<observed_in_silence>;
template struct codegen::compared<choosing>;

template struct codegen::told<linux_allocator>;
template struct codegen::told<wasm_linux_allocator>;
template struct codegen::told<huge_linux_allocator>;
template struct codegen::told<numa_linux_allocator>;
template struct codegen::told<checked_linux_allocator>;
template struct codegen::told<posix_allocator>;
template struct codegen::told<native_allocator>;
