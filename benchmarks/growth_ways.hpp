// SPDX-License-Identifier: BSL-1.0
#pragma once
// Ways to let a memory grow. Each has `start(bytes)` and `grow_to(bytes)`, which return the address of the memory, and
// `end()`.
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <quire/units.hpp>

#include "memories.hpp"

namespace bench {

/// Grows inside a reservation, by Quire or by hand.
template <class Memory>
class in_place {
 public:
  std::byte* start(std::size_t bytes) {
    memory_.open(bytes / wasm_page);
    return memory_.data();
  }
  std::byte* grow_to(std::size_t bytes) {
    memory_.grow((bytes - memory_.size()) / wasm_page);
    return memory_.data();
  }
  void end() { memory_.close(); }

 private:
  Memory memory_;
};

struct guarded_by_hand : memory_by_hand {
  guarded_by_hand() : memory_by_hand({64_KiB, 4_GiB + 2_MiB, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE}) {}
};

class by_realloc {
 public:
  std::byte* start(std::size_t bytes) { return grow_to(bytes); }
  std::byte* grow_to(std::size_t bytes) {
    memory_ = std::realloc(memory_, bytes);
    if (memory_ == nullptr) stop("realloc");
    return static_cast<std::byte*>(memory_);
  }
  void end() {
    std::free(memory_);
    malloc_trim(0);  // otherwise the next memory would grow into pages that were touched already
    memory_ = nullptr;
  }

 private:
  void* memory_ = nullptr;
};

/// Grows as push_back does: it doubles, and moves its elements.
class by_vector {
 public:
  std::byte* start(std::size_t bytes) { return grow_to(bytes); }
  std::byte* grow_to(std::size_t bytes) {
    memory_.resize(bytes);
    return memory_.data();
  }
  void end() {
    memory_ = {};
    malloc_trim(0);
  }

 private:
  std::vector<std::byte> memory_;
};

inline std::byte* map(std::size_t bytes) {
  void* const p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) stop("mmap");
  return static_cast<std::byte*>(p);
}

class by_mremap {
 public:
  std::byte* start(std::size_t bytes) {
    size_ = bytes;
    return memory_ = map(bytes);
  }
  std::byte* grow_to(std::size_t bytes) {
    void* const p = mremap(memory_, size_, bytes, MREMAP_MAYMOVE);
    if (p == MAP_FAILED) stop("mremap");
    size_ = bytes;
    return memory_ = static_cast<std::byte*>(p);
  }
  void end() { munmap(memory_, size_); }

 private:
  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
};

/// Makes a new mapping whenever the old one is full, of twice the size or exactly the needed size.
template <bool Doubles>
class by_copying {
 public:
  std::byte* start(std::size_t bytes) {
    size_ = room_ = bytes;
    return memory_ = map(bytes);
  }
  std::byte* grow_to(std::size_t bytes) {
    if (bytes > room_) move_to(Doubles ? std::max(2 * room_, bytes) : bytes);
    size_ = bytes;
    return memory_;
  }
  void end() { munmap(memory_, room_); }

 private:
  void move_to(std::size_t room) {
    std::byte* const larger = map(room);
    std::memcpy(larger, memory_, size_);
    munmap(memory_, room_);
    memory_ = larger;
    room_ = room;
  }

  std::byte* memory_ = nullptr;
  std::size_t size_ = 0, room_ = 0;
};

}  // namespace bench
