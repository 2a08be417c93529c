// SPDX-License-Identifier: BSL-1.0
#pragma once
// An arena of jemalloc whose pages, those of its own records included, come from a region_allocator, by jemalloc's
// extent hooks (tested with 5.3.0). The header is jemalloc's own; where its functions have a prefix, JEMALLOC_MANGLE
// makes them known without it.
//
//   quire::heap::jemalloc_arena<quire::huge_linux_allocator> arena;
//   if (!arena.open()) …
//   void* const p = mallocx(100, arena.flags());
//   dallocx(p, arena.flags());
#include <jemalloc/jemalloc.h>

#include <cstddef>

#include <quire/access.hpp>
#include <quire/heap/detail/heap_pages.hpp>
#include <quire/region_allocator.hpp>
#include <quire/result.hpp>

namespace quire::heap {

/// Owns the arena and its regions. Not movable. What jemalloc asks for and is refused is a null pointer of mallocx;
/// nothing is lost then. Any thread may allocate and free.
template <class A>
class jemalloc_arena : detail::heap_regions_need<region_allocator<A>> {
  using regions_type = region_allocator<A>;

 public:
  /// Whether pages are committed as jemalloc uses them, or whole regions; see docs/heaps.md.
  static constexpr bool commits_on_demand = detail::commits_on_demand<regions_type>;

  /// Takes the store and policies of `A`, as region_allocator does.
  template <class... Given>
  explicit jemalloc_arena(Given... given) noexcept : regions_(given...) {}
  jemalloc_arena(const jemalloc_arena&) = delete;
  jemalloc_arena& operator=(const jemalloc_arena&) = delete;
  /// Precondition: `close` would succeed.
  ~jemalloc_arena() { (void)close(); }

  /// Creates the arena, whose records take 2 MiB at once. Errors: `already_allocated`; `not_supported` (jemalloc was
  /// built for pages smaller than the typedef's); `out_of_memory` with jemalloc's code.
  [[nodiscard]] result<void> open() noexcept {
    if (is_open_) return failure(errc::already_allocated, step::plan);
    std::size_t page = 0, bytes = sizeof page;
    if (const int n = mallctl("arenas.page", &page, &bytes, nullptr, 0)) return failure(errc::system, step::plan, n);
    if (regions_.granularity() > page) return failure(errc::not_supported, step::plan);
    extent_hooks_t* given = &hooks_;
    bytes = sizeof index_;
    if (const int n = mallctl("arenas.create", &index_, &bytes, static_cast<void*>(&given), sizeof(void*)))
      return failure(errc::out_of_memory, step::configure, n);
    is_open_ = true;
    return {};
  }
  /// Destroys the arena with all that is allocated from it. Precondition: no thread uses that any more, and no thread
  /// cache holds any of it. Errors: `not_permitted` with jemalloc's code, where threads are bound to the arena
  /// (`thread.arena`); nothing has changed then.
  [[nodiscard]] result<void> close() noexcept {
    if (!is_open_) return {};
    std::size_t mib[3], length = 3;
    int n = mallctlnametomib("arena.0.destroy", mib, &length);
    mib[1] = index_;
    if (n == 0) n = mallctlbymib(mib, length, nullptr, nullptr, nullptr, 0);
    if (n != 0) return failure(errc::not_permitted, step::release, n);
    is_open_ = false;
    return {};
  }

  /// For mallocx and its like. Threads share the arena without a cache of their own: the cache that a thread has
  /// anyway would mix this arena's blocks with others'.
  [[nodiscard]] int flags() const noexcept { return MALLOCX_ARENA(index_) | MALLOCX_TCACHE_NONE; }
  /// For other flags, such as those of a cache, and for mallctl.
  [[nodiscard]] unsigned index() const noexcept { return index_; }
  /// Where the extents come from, for its statistics and for find.
  [[nodiscard]] const regions_type& regions() const noexcept { return regions_; }

 private:
  struct hooks : extent_hooks_t {
    jemalloc_arena* self;
  };
  [[nodiscard]] static regions_type& from(extent_hooks_t* given) noexcept {
    return static_cast<hooks*>(given)->self->regions_;
  }

  // All but alloc return true where they do nothing. An extent is a region, or a part of one.

  static void* alloc(extent_hooks_t* given, void* at, std::size_t bytes, std::size_t alignment, bool* zero,
                     bool* commit, unsigned) noexcept {
    if (at != nullptr) return nullptr;  // only ever wanted behind an extent, where the guard is
    const bool now = *commit || !commits_on_demand;
    const auto got =
        from(given).reserve(bytes, {.alignment = alignment, .initial = now ? access::read_write : access::none});
    if (!got) return nullptr;
    *zero = true;
    *commit = now;
    return got->data();
  }
  /// Of a part jemalloc takes the pages away instead, and keeps the addresses.
  static bool dalloc(extent_hooks_t* given, void* address, std::size_t bytes, bool, unsigned) noexcept {
    return !from(given).release(detail::run_at(address, bytes));
  }
  /// The last that is heard of the extent.
  static void destroy(extent_hooks_t* given, void* address, std::size_t bytes, bool, unsigned) noexcept {
    const auto run = detail::run_at(address, bytes);
    if (!from(given).release(run)) (void)from(given).decommit(run);
  }
  static bool commit(extent_hooks_t* given, void* address, std::size_t, std::size_t offset, std::size_t bytes,
                     unsigned) noexcept {
    return !from(given).commit(detail::run_at(address, offset + bytes).subspan(offset));
  }
  static bool decommit(extent_hooks_t* given, void* address, std::size_t, std::size_t offset, std::size_t bytes,
                       unsigned) noexcept {
    return !commits_on_demand || !from(given).decommit(detail::run_at(address, offset + bytes).subspan(offset));
  }
  static bool purge(extent_hooks_t* given, void* address, std::size_t, std::size_t offset, std::size_t bytes,
                    unsigned) noexcept {
    return !detail::discard(from(given), detail::run_at(address, offset + bytes).subspan(offset));
  }
  /// The regions know no extents, so that any part of one may be an extent.
  static bool split(extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t, bool, unsigned) noexcept {
    return false;
  }
  /// Two regions that lie side by side, as without guards they may, stay two.
  static bool merge(extent_hooks_t* given, void* one, std::size_t, void* other, std::size_t, bool, unsigned) noexcept {
    if constexpr (regions_type::guard_before + regions_type::guard_after != 0) return false;
    const auto first = from(given).find(one), second = from(given).find(other);
    return !first || !second || first->bytes.data() != second->bytes.data();
  }

  regions_type regions_;
  hooks hooks_{{&alloc, &dalloc, &destroy, &commit, &decommit, nullptr, &purge, &split, &merge}, this};
  unsigned index_ = 0;
  bool is_open_ = false;
};

}  // namespace quire::heap
