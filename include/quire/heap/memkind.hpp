// SPDX-License-Identifier: BSL-1.0
#pragma once
// A kind of memkind in a memory of Quire, by memkind_create_fixed (tested with 1.14.0). The header is memkind's own.
//
//   quire::heap::memkind_heap<quire::huge_linux_allocator> heap;
//   if (!heap.open(std::size_t{1} << 30)) …
//   void* const p = memkind_malloc(heap.kind(), 100);
#include <memkind.h>

#include <cstddef>

#include <quire/heap/detail/heap_pages.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire::heap {

/// Owns the kind and its memory, which is committed as a whole. Not movable. Where it is full, memkind_malloc returns
/// null. Any thread may allocate and free. memkind makes no system call on the memory: guards, locks, huge pages and
/// nodes stay as the typedef has them, and memory that was used once stays until the kind is closed.
template <page_allocator_like A>
class memkind_heap : detail::heap_needs<A> {
 public:
  /// Takes what the constructor of `A` takes.
  template <class... Given>
  explicit memkind_heap(Given... given) noexcept : memory_(given...) {}
  memkind_heap(const memkind_heap&) = delete;
  memkind_heap& operator=(const memkind_heap&) = delete;
  /// Precondition: as for `close`.
  ~memkind_heap() { close(); }

  /// Makes a memory of `bytes`, rounded up to the typedef's unit, and a kind in it. memkind shares it out to four
  /// arenas for each processor, of 2 MiB and more. Errors: `already_allocated`, `invalid_argument` (no bytes), those of
  /// `A`'s allocate, and `out_of_memory` at `configure`, with memkind's code; nothing is left then.
  [[nodiscard]] result<void> open(std::size_t bytes) noexcept {
    if (kind_ != nullptr) return failure(errc::already_allocated, step::plan);
    if (bytes == 0) return failure(errc::invalid_argument, step::plan);
    const auto pages = pages_for<A>(bytes);
    if (const auto got = memory_.allocate(pages, pages); !got) return std::unexpected(got.error());
    const int n = memkind_create_fixed(memory_.data(), memory_.size(), &kind_);
    if (n == MEMKIND_SUCCESS) return {};
    kind_ = nullptr;
    (void)memory_.deallocate(memory_.data(), memory_.size());
    return failure(errc::out_of_memory, step::configure, n);
  }
  /// Destroys the kind with all that is allocated from it, and releases its memory. Precondition: no thread uses that
  /// any more.
  void close() noexcept {
    if (kind_ == nullptr) return;
    (void)memkind_destroy_kind(kind_);
    kind_ = nullptr;
    (void)memory_.deallocate(memory_.data(), memory_.size());
  }

  /// Null while it is closed.
  [[nodiscard]] memkind_t kind() const noexcept { return kind_; }
  /// The memory of all blocks, for effective and explain.
  [[nodiscard]] const A& memory() const noexcept { return memory_; }

 private:
  A memory_;
  memkind_t kind_ = nullptr;
};

}  // namespace quire::heap
