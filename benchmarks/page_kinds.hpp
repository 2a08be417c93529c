// SPDX-License-Identifier: BSL-1.0
#pragma once
// One interface for memories of different kinds of pages: Quire's page size policies, the same by hand, and malloc.
// `open` only makes the memory accessible, `open_populated` also brings its pages in.
#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>

#include <quire/effective.hpp>
#include <quire/page_size/explicit_huge.hpp>
#include <quire/page_size/no_huge.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/platform/linux.hpp>
#include <quire/residency/populated.hpp>

#include "memories.hpp"

namespace bench {

template <class PageSize>
class construct_from {
  using on_demand = quire::linux_allocator::with_page_size<PageSize>;
  using populated = typename on_demand::template with_residency<quire::residency::populated>;

 public:
  std::byte* open(std::size_t bytes) { return base_of(on_demand_, bytes); }
  std::byte* open_populated(std::size_t bytes) { return base_of(populated_, bytes); }
  /// Returns false if this machine has no such pages, or too few.
  bool can_open(std::size_t bytes) {
    const quire::pages count{bytes / wasm_page};
    return on_demand_.allocate(count, count).has_value() && close();
  }
  bool close() { return on_demand_.size() != 0 ? release(on_demand_) : release(populated_); }
  /// Returns the part of the resident memory that is in huge pages, as the kernel reports it.
  double huge_share() {
    const auto got = quire::effective(on_demand_);
    return static_cast<double>(got.huge_bytes.value_or(0) + got.pool_bytes.value_or(0)) /
           static_cast<double>(got.resident_bytes.value_or(on_demand_.size()));
  }

 private:
  template <class A>
  static std::byte* base_of(A& memory, std::size_t bytes) {
    const quire::pages count{bytes / wasm_page};
    const auto got = memory.allocate(count, count);
    if (!got) stop("allocate");
    return got->data();
  }
  template <class A>
  static bool release(A& memory) {
    return memory.deallocate(memory.data(), memory.size()).has_value();
  }

  on_demand on_demand_;
  populated populated_;
};

/// Uses mmap; for huge pages also room to align, and the advice.
template <bool IsHuge>
class mapped_by_hand {
  static constexpr std::size_t block = 2_MiB;

 public:
  std::byte* open(std::size_t bytes) {
    length_ = IsHuge ? quire::align_up(bytes, block) + block : bytes;
    mapping_ = mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping_ == MAP_FAILED) stop("mmap");
    if (!IsHuge) return static_cast<std::byte*>(mapping_);
    const auto address = reinterpret_cast<std::uintptr_t>(mapping_);
    auto* const base = static_cast<std::byte*>(mapping_) + (quire::align_up(address, block) - address);
    if (madvise(base, quire::align_up(bytes, block), MADV_HUGEPAGE) != 0) stop("madvise");
    return base;
  }
  std::byte* open_populated(std::size_t bytes) {
    std::byte* const base = open(bytes);
    constexpr int populate_write = 23;  // MADV_POPULATE_WRITE, Linux 5.14; else touched
    if (madvise(base, bytes, populate_write) != 0) touch(base, bytes);
    return base;
  }
  bool close() { return munmap(mapping_, length_) == 0; }

 private:
  void* mapping_ = nullptr;
  std::size_t length_ = 0;
};

/// What another library maps, aligned for huge pages. `Source` has allocate(bytes, alignment) and release(memory,
/// bytes).
template <class Source>
class from_source {
 public:
  std::byte* open(std::size_t bytes) {
    bytes_ = bytes;
    return memory_ = source_.allocate(bytes, 2_MiB);
  }
  std::byte* open_populated(std::size_t bytes) {
    touch(open(bytes), bytes);
    return memory_;
  }
  bool close() {
    source_.release(memory_, bytes_);
    return true;
  }

 private:
  Source source_;
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

class from_malloc {
 public:
  std::byte* open(std::size_t bytes) {
    memory_ = std::malloc(bytes);
    if (memory_ == nullptr) stop("malloc");
    return static_cast<std::byte*>(memory_);
  }
  std::byte* open_populated(std::size_t bytes) {
    std::byte* const base = open(bytes);
    touch(base, bytes);
    return base;
  }
  bool close() {
    std::free(memory_);
    malloc_trim(0);  // otherwise the next memory would get pages that were touched already
    return true;
  }

 private:
  void* memory_ = nullptr;
};

}  // namespace bench
