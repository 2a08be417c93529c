// SPDX-License-Identifier: BSL-1.0
#pragma once
// What cannot hold generated code, one message each.
#include <quire/detail/committed_pages.hpp>
#include <quire/detail/jit_slabs.hpp>
#include <quire/region_allocator.hpp>
#include <quire/store/code.hpp>
#include <quire/store/regions.hpp>

namespace quire::detail {

template <class A>
struct jit_in_sentences {
  using S = region_store<A>;
  static_assert(dual_mapping_store<S> || code_protecting_store<S>,
                "quire: generated code needs a store whose pages may become executable: backing::dual_mapped or "
                "backing::executable_linux_mmap on Linux, backing::executable_windows_virtual on Windows");
  static_assert(!dual_mapping_store<S> || !charging_store<typename A::backing_type>,
                "quire: pages that are mapped twice are not charged to a partition: use an executable store");
  static_assert(region_allocator<A>::largest_granule <= jit_slab_bytes,
                "quire: generated code and its data lie in slabs of 2 MiB, which cannot consist of larger blocks");
};

}  // namespace quire::detail
