// SPDX-License-Identifier: BSL-1.0
#pragma once
// The place of a mapping affects its cost: its neighbours, and how full the kernel's tree of mappings is there, make a
// call up to twice as expensive, and do so repeatedly as long as no other mapping changes. Changing the neighbours now
// and then gives every contender the same conditions.
#include <sys/mman.h>

#include <cstddef>
#include <random>
#include <vector>

namespace bench {

class address_space_shaker {
 public:
  address_space_shaker() = default;
  address_space_shaker(const address_space_shaker&) = delete;
  address_space_shaker& operator=(const address_space_shaker&) = delete;
  ~address_space_shaker() { let_go(); }

  /// Replaces the neighbours: up to 15 small mappings, some of them split.
  void shake() {
    let_go();
    for (unsigned n = random_() % 16; n > 0; --n) {
      void* const p = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (p == MAP_FAILED) return;
      held_.push_back(p);
      if (random_() % 2 != 0) (void)mprotect(static_cast<std::byte*>(p) + size / 4, size / 4, PROT_READ | PROT_WRITE);
    }
  }

 private:
  static constexpr std::size_t size = std::size_t{256} << 10;

  void let_go() {
    for (void* const p : held_) munmap(p, size);
    held_.clear();
  }

  std::mt19937 random_{1};  // the same sequence in every run
  std::vector<void*> held_;
};

}  // namespace bench
