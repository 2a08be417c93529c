// SPDX-License-Identifier: BSL-1.0
#pragma once
// An arena of mimalloc 3 that gives memory back through Quire, by mi_manage_memory and its commit function (tested with
// 3.3.2). The header is mimalloc's own.
//
//   const auto arena = quire::heap::mimalloc_elastic_arena<memory>(std::size_t{1} << 30,
//   backing::partitioned{plugins}); mi_heap_t* const heap = mi_heap_new_in_arena(arena.value());
#include <mimalloc.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include <quire/access.hpp>
#include <quire/heap/detail/heap_pages.hpp>
#include <quire/heap/mimalloc.hpp>
#include <quire/region_allocator.hpp>
#include <quire/result.hpp>
#include <quire/units.hpp>

static_assert(MI_MALLOC_VERSION >= 30300,
              "quire: an elastic arena needs mimalloc 3.3 or later: mimalloc_arena serves earlier ones");

namespace quire::heap {

namespace detail::mimalloc {

/// Returns, for a commit, whether it succeeded; otherwise whether the pages have to be committed again.
template <class Regions>
bool commit(bool wanted, void* address, std::size_t bytes, bool* is_zero, void* from) noexcept {
  Regions& regions = *static_cast<Regions*>(from);
  const auto run = run_at(address, bytes);
  if (is_zero != nullptr) *is_zero = false;
  if (wanted) return regions.commit(run).has_value();
  if constexpr (commits_on_demand<Regions>) return regions.decommit(run).has_value();
  (void)detail::discard(regions, run);
  return false;
}

}  // namespace detail::mimalloc

/// Reserves a region of `bytes`, rounded up to a multiple of 32 MiB, and gives it to mimalloc for ever: a heap made by
/// mi_heap_new_in_arena allocates there and nowhere else, from any thread. What mimalloc purges is decommitted over a
/// partition, and discarded elsewhere. `given` is what region_allocator's constructor takes.
///
/// Errors: `invalid_argument` (no bytes); those of region_allocator's reserve; `not_supported` over a partition where
/// mimalloc's option `page_commit_on_demand` is set, as it then makes pages accessible by itself; and `out_of_memory`
/// at `configure` where mimalloc has no room for another arena, or the partition none for its records. Nothing is left
/// then.
template <class A, class... Given>
[[nodiscard]] result<mi_arena_id_t> mimalloc_elastic_arena(std::size_t bytes, Given... given) noexcept {
  using regions_type = region_allocator<A>;
  static_assert(sizeof(detail::heap_regions_need<regions_type>) != 0);
  constexpr bool on_demand = detail::commits_on_demand<regions_type>;
  if (on_demand && mi_option_get(mi_option_page_commit_on_demand) != 0) return failure(errc::not_supported, step::plan);
  if (bytes > max_bytes / 8) return failure(errc::limit_exceeded, step::plan);
  using kept = detail::mimalloc::kept<regions_type>;
  std::unique_ptr<kept> regions(new (std::nothrow) kept(given...));
  if (regions == nullptr) return failure(errc::out_of_memory, step::plan);
  const auto memory = regions->object.reserve(
      align_up(bytes, std::max(mi_arena_min_size(), detail::mimalloc::segment)),
      {.alignment = mi_arena_min_alignment(), .initial = on_demand ? access::none : access::read_write});
  if (!memory) return std::unexpected(memory.error());
  mi_arena_id_t made{};
  if (!mi_manage_memory(memory->data(), memory->size(), !on_demand, false, true, -1, true,
                        &detail::mimalloc::commit<regions_type>, &regions->object, &made))
    return failure(errc::out_of_memory, step::configure);
  detail::mimalloc::keep(std::move(regions));
  return made;
}

}  // namespace quire::heap
