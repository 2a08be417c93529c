// SPDX-License-Identifier: BSL-1.0
#pragma once
// An arena of mimalloc in a memory of Quire, by mi_manage_os_memory_ex (tested with 2.0.9, 2.3.2 and 3.3.2). The header
// is mimalloc's own.
//
//   const auto arena = quire::heap::mimalloc_arena<quire::huge_linux_allocator>(std::size_t{1} << 30);
//   mi_heap_t* const heap = mi_heap_new_in_arena(arena.value());
#include <mimalloc.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <quire/heap/detail/heap_pages.hpp>
#include <quire/page_allocator_like.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

namespace quire::heap {

namespace detail::mimalloc {

inline constexpr std::size_t segment = std::size_t{32} << 20;  // mimalloc 2's; its arenas consist of them

/// mimalloc takes no pages away from memory that it was told to be committed (version 2.0), or to consist of large
/// pages (since 2.1). In version 2.0 large pages would be refused to the first segment of a thread.
[[nodiscard]] inline bool has_to_be_told_of_large_pages() noexcept {
  constexpr int version_2_1 = 210;
  return mi_version() >= version_2_1;
}

/// What stays for ever, since mimalloc returns no arena. A list, so that it can be found, and is no leak.
struct kept_base {
  kept_base* next = nullptr;
};
template <class T>
struct kept : kept_base {
  template <class... Given>
  explicit kept(Given... given) noexcept : object(given...) {}
  T object;
};
inline std::atomic<kept_base*> all_kept{nullptr};

template <class T>
void keep(std::unique_ptr<kept<T>> made) noexcept {
  kept_base* const added = made.release();
  added->next = all_kept;
  while (!all_kept.compare_exchange_weak(added->next, added)) {
  }
}

}  // namespace detail::mimalloc

/// Makes a memory of `bytes`, rounded up to a multiple of 32 MiB, all of it committed, and gives it to mimalloc for
/// ever: a heap made by mi_heap_new_in_arena allocates there and nowhere else. (Version 2 wants one for each thread.)
/// `given` is what the constructor of `A` takes. mimalloc makes no system call on this memory: guards, locks, huge
/// pages and nodes stay as the typedef has them, and memory that was used once stays with the process.
///
/// The base has to be a multiple of 32 MiB: unless the typedef provides that (protection::aligned), up to 32 MiB more
/// are committed, and never touched. Errors: `invalid_argument` (no bytes), those of `A`'s allocate, and
/// `out_of_memory` at `configure` where mimalloc has no room for another arena; nothing is left then.
template <page_allocator_like A, class... Given>
[[nodiscard]] result<mi_arena_id_t> mimalloc_arena(std::size_t bytes, Given... given) noexcept {
  static_assert(sizeof(detail::heap_needs<A>) != 0);
  constexpr std::size_t segment = detail::mimalloc::segment;
  constexpr std::size_t spare = segment - std::min(segment, A::contract.alignment);
  if (bytes == 0) return failure(errc::invalid_argument, step::plan);
  if (bytes > max_bytes / 2) return failure(errc::limit_exceeded, step::plan);
  std::unique_ptr<detail::mimalloc::kept<A>> memory(new (std::nothrow) detail::mimalloc::kept<A>(given...));
  if (memory == nullptr) return failure(errc::out_of_memory, step::plan);
  const std::size_t whole = align_up(bytes, segment);
  const auto pages = pages_for<A>(whole + spare);
  const auto got = memory->object.allocate(pages, pages);
  if (!got) return std::unexpected(got.error());
  const std::size_t beyond = reinterpret_cast<std::uintptr_t>(got->data()) % segment;
  std::byte* const begin = got->data() + (beyond == 0 ? 0 : segment - beyond);
  mi_arena_id_t made{};
  if (!mi_manage_os_memory_ex(begin, whole, true, detail::mimalloc::has_to_be_told_of_large_pages(), true, -1, true,
                              &made))
    return failure(errc::out_of_memory, step::configure);
  detail::mimalloc::keep(std::move(memory));
  return made;
}

}  // namespace quire::heap
