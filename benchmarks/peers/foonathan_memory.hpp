// SPDX-License-Identifier: BSL-1.0
#pragma once
// foonathan/memory: a stack of blocks. `has_foonathan_memory` says whether it was found when this was built.
#include <cstddef>
#include <string>

#if BENCH_HAS_FOONATHAN_MEMORY
#include <foonathan/memory/memory_stack.hpp>
#include <foonathan/memory/virtual_memory.hpp>
#endif

namespace bench {

#if BENCH_HAS_FOONATHAN_MEMORY

inline constexpr bool has_foonathan_memory = true;

/// Two blocks of virtual memory. Unwinding keeps the blocks. The stack is never destroyed: in release 0.7.2 that makes
/// pages behind its blocks inaccessible, which belong to others.
class foonathan_stack {
 public:
  explicit foonathan_stack(std::size_t block) : stack_(*new stack(2 * block, std::size_t{2})), bottom_(stack_.top()) {}

  void* allocate(std::size_t bytes) { return stack_.allocate(bytes, alignof(std::max_align_t)); }
  void unwind() { stack_.unwind(bottom_); }

  static std::string version() {
    return std::to_string(FOONATHAN_MEMORY_VERSION_MAJOR) + "." + std::to_string(FOONATHAN_MEMORY_VERSION_MINOR) + "." +
           std::to_string(FOONATHAN_MEMORY_VERSION_PATCH);
  }

 private:
  using stack = foonathan::memory::memory_stack<foonathan::memory::virtual_block_allocator>;

  stack& stack_;
  stack::marker bottom_;
};

#else

inline constexpr bool has_foonathan_memory = false;

#endif

}  // namespace bench
