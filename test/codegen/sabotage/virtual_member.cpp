// SPDX-License-Identifier: BSL-1.0
// expect: the object has vtable for
#include "ordinary.hpp"

struct policy {
  virtual bool allows(std::size_t) const noexcept { return true; }
};
struct strict : policy {
  bool allows(std::size_t bytes) const noexcept override { return bytes != 0; }
};

struct asking : ordinary {
  const policy* asked;
  result<void> deallocate(std::byte* p, std::size_t bytes) noexcept {
    if (!asked->allows(bytes)) return {};
    return ordinary::deallocate(p, bytes);
  }
};
void ask(asking& memory, bool strictly) {
  static const policy any;
  static const strict one;
  memory.asked = strictly ? &one : &any;
}

struct spoilt : against_ordinary<asking> {};
template struct codegen::compared<spoilt>;
