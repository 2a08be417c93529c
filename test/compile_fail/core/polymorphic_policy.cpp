// SPDX-License-Identifier: BSL-1.0
// expect: a policy is a plain value \(trivially copyable, default constructible, not polymorphic\)
#include <quire/platform/linux.hpp>

struct nearby : quire::placement::anywhere {
#ifndef CONTROL
  virtual void speak() const noexcept {}
#endif
};

quire::linux_allocator::with_placement<nearby> memory;
