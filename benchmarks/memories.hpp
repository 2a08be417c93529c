// SPDX-License-Identifier: BSL-1.0
#pragma once
// One interface for the compared memories: a Quire typedef, and the same layout in system calls written by hand. All of
// it is inline, so that measuring costs neither side anything.
#include <sys/mman.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <quire/access.hpp>
#include <quire/calls/mapping.hpp>
#include <quire/units.hpp>

namespace bench {

using namespace quire::literals;

inline constexpr std::size_t wasm_page = 64_KiB, most_pages = 65536;

[[noreturn]] inline void stop(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

/// Keeps the compiler from seeing that the allocated memory is unused.
inline void keep(void* p) { asm volatile("" : : "r"(p) : "memory"); }

inline void touch(std::byte* from, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 4096) *static_cast<volatile std::byte*>(from + i) = std::byte{1};
}

template <class A>
class quire_memory {
  using pages = typename A::pages;

 public:
  void open(std::size_t count, std::size_t maximum = most_pages) {
    if (!memory_.allocate(pages{count}, pages{maximum})) stop("allocate");
  }
  void close() {
    if (!memory_.deallocate(memory_.data(), memory_.size())) stop("deallocate");
  }
  void grow(std::size_t count) {
    if (!memory_.grow(memory_.size_pages(), pages{count})) stop("grow");
  }
  void shrink(std::size_t count) {
    if (!memory_.shrink(memory_.size_pages(), pages{count})) stop("shrink");
  }
  void protect(std::size_t offset, std::size_t bytes, bool writable) {
    if (!memory_.protect(offset, bytes, writable ? quire::access::read_write : quire::access::read)) stop("protect");
  }
  void discard(std::size_t offset, std::size_t bytes)
    requires requires(A& a) { a.discard(offset, bytes); }
  {
    if (!memory_.discard(offset, bytes)) stop("discard");
  }
  void reset() {
    if (!memory_.reset(memory_.size_pages())) stop("reset");
  }
  [[nodiscard]] std::byte* data() const { return memory_.data(); }
  [[nodiscard]] std::size_t size() const { return memory_.size(); }

 private:
  A memory_;
};

/// The bytes mapped for one memory, and the offset of the usable ones.
struct mapping_shape {
  std::size_t before, total;
  int flags;
};

/// The code that an expert writes: one inaccessible mapping, with the part in use made accessible.
class memory_by_hand {
 public:
  explicit memory_by_hand(mapping_shape shape) : shape_(shape) {}

  void open(std::size_t count) {
    void* const p = mmap(nullptr, shape_.total, PROT_NONE, shape_.flags, -1, 0);
    if (p == MAP_FAILED) stop("mmap");
    base_ = static_cast<std::byte*>(p) + shape_.before;
    size_ = count * wasm_page;
    if (mprotect(base_, size_, PROT_READ | PROT_WRITE) != 0) stop("mprotect");
  }
  void close() {
    if (munmap(base_ - shape_.before, shape_.total) != 0) stop("munmap");
  }
  void grow(std::size_t count) {
    if (mprotect(base_ + size_, count * wasm_page, PROT_READ | PROT_WRITE) != 0) stop("mprotect");
    size_ += count * wasm_page;
  }
  void shrink(std::size_t count) {
    size_ -= count * wasm_page;
    if (mprotect(base_ + size_, count * wasm_page, PROT_NONE) != 0) stop("mprotect");
    if (madvise(base_ + size_, count * wasm_page, MADV_DONTNEED) != 0) stop("madvise");
  }
  void protect(std::size_t offset, std::size_t bytes, bool writable) {
    if (mprotect(base_ + offset, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ) != 0) stop("mprotect");
  }
  void discard(std::size_t offset, std::size_t bytes) {
    if (madvise(base_ + offset, bytes, MADV_DONTNEED) != 0) stop("madvise");
  }
  /// Makes all pages zero and accessible, whatever their access was.
  void reset() {
    if (madvise(base_, size_, MADV_DONTNEED) != 0) stop("madvise");
    if (mprotect(base_, size_, PROT_READ | PROT_WRITE) != 0) stop("mprotect");
  }
  [[nodiscard]] std::byte* data() const { return base_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  mapping_shape shape_;
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
};

/// The system's calls, with a record of the first mapping, which is then written by hand.
template <class Calls>
struct noting : Calls {
  static inline mapping_shape first{};

  static quire::calls::mapping mmap(void* where, std::size_t bytes, int protection, int flags) noexcept {
    if (first.total == 0) first = {0, bytes, flags};
    return Calls::mmap(where, bytes, protection, flags);
  }
};

/// Returns the mapping that A makes for at most this many pages; A's calls must be `noting`.
template <class A>
[[nodiscard]] mapping_shape shape_mapped_by(std::size_t maximum = most_pages) {
  A::backing_type::calls::first = {};
  A memory;
  if (!memory.allocate(typename A::pages{1}, typename A::pages{maximum})) stop("allocate");
  mapping_shape shape = A::backing_type::calls::first;
  shape.before = A::contract.guard_before;
  return shape;
}

}  // namespace bench
