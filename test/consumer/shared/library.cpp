// SPDX-License-Identifier: BSL-1.0
#include "library.hpp"

namespace {

bool allocate_tagged(checked_memory& memory, unsigned tag) {
  return memory.allocate_tagged(quire::pages{1}, tag).has_value();
}
unsigned read_through(const checked_memory& memory) { return std::to_integer<unsigned>(*memory.tagged_data()); }
std::error_code code_of(quire::error e) { return e; }
std::error_condition condition_of(quire::errc code) { return std::error_code(code).default_error_condition(); }
void throw_error(quire::error e) { throw e; }
void throw_bad_access(quire::error e) { (void)quire::result<int>(std::unexpected(e)).value(); }
void allocate_for_engine([[maybe_unused]] wasm_rt_memory_t& memory) {
#if __has_include(<wasm-rt.h>)
  engine_memory::allocate(&memory, 1, 1);
#endif
}

constexpr library functions{allocate_tagged,  read_through,       code_of, condition_of, throw_error,
                            throw_bad_access, allocate_for_engine};

}  // namespace

extern "C" const library* quire_library() { return &functions; }
