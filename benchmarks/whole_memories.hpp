// SPDX-License-Identifier: BSL-1.0
#pragma once
// Ways to have a zeroed memory for a while: `live(pages)` gets one of `bytes`, writes to so many pages of 4 KiB, and
// lets it go. Threads may share what they are taken from.
#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <type_traits>

#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/adaptive.hpp>

#include "memories.hpp"

namespace bench {

inline constexpr std::size_t small_page = 4096;

/// A pool with a recycling. Its users know their high-water mark; `adaptive` would believe it, and is to find out by
/// itself.
template <class Recycling>
class from_pool {
 public:
  using pool_type = quire::pool<quire::wasm_linux_allocator, Recycling>;

  from_pool(std::uint32_t slots, std::size_t most_bytes, std::size_t bytes) : bytes_(bytes) {
    if (!pool_.open({.slots = slots, .maximum = quire::pages{most_bytes / wasm_page}})) stop("open");
  }
  BOOST_FORCEINLINE void live(std::size_t pages) {
    auto memory = pool_.acquire(quire::pages{bytes_ / wasm_page});
    if (!memory) stop("acquire");
    touch(memory->data(), pages * small_page);
    if constexpr (!std::is_same_v<Recycling, quire::recycling::adaptive>)
      memory->set_high_water_mark(pages * small_page);
    keep(memory->data());
  }
  [[nodiscard]] pool_type& pool() { return pool_; }

 private:
  std::size_t bytes_;
  pool_type pool_;
};

/// A memory that is allocated and deallocated each time.
template <class A>
class allocated_afresh {
 public:
  explicit allocated_afresh(std::size_t bytes) : bytes_(bytes) {}
  BOOST_FORCEINLINE void live(std::size_t pages) const {
    A memory;
    if (!memory.allocate(quire::pages{bytes_ / wasm_page})) stop("allocate");
    touch(memory.data(), pages * small_page);
    keep(memory.data());
  }

 private:
  std::size_t bytes_;
};

class mapped_afresh {
 public:
  explicit mapped_afresh(std::size_t bytes) : bytes_(bytes) {}
  BOOST_FORCEINLINE void live(std::size_t pages) const {
    void* const p = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) stop("mmap");
    touch(static_cast<std::byte*>(p), pages * small_page);
    keep(p);
    if (munmap(p, bytes_) != 0) stop("munmap");
  }

 private:
  std::size_t bytes_;
};

class from_calloc {
 public:
  explicit from_calloc(std::size_t bytes) : bytes_(bytes) {}
  BOOST_FORCEINLINE void live(std::size_t pages) const {
    void* const p = std::calloc(bytes_, 1);
    if (p == nullptr) stop("calloc");
    touch(static_cast<std::byte*>(p), pages * small_page);
    keep(p);
    std::free(p);
  }

 private:
  std::size_t bytes_;
};

}  // namespace bench
