// SPDX-License-Identifier: BSL-1.0
#pragma once
// Typedefs over static buffers, and the source of the buffers for the tests' objects.
#include <cstddef>

#include <quire/backing/static_buffer.hpp>
#include <quire/backing/verified.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/static_storage.hpp>
#include <quire/tagging/untagged.hpp>

#include "support/test_configs.hpp"

namespace quire::test {

using page_size::in_units_of;

template <class Store, class PageSize = page_size::native>
using over_buffer = page_allocator<Store, protection::unguarded, tagging::untagged, PageSize, placement::anywhere,
                                   residency::on_demand>;

/// Gives each object the next of four buffers, as two objects may exist at a time.
template <class A, verification Level = verification::off>
struct in_storages : plain<A> {
  using storage = static_storage<1_MiB, Level>;

  template <class... Limits>
  static A make(Limits... limits) noexcept {
    static storage storages[4];
    static std::size_t turn = 0;
    return A{backing::static_buffer{storages[turn++ % 4]}, limits...};
  }
};

using given_buffer = backing::static_buffer<>;
template <verification Level, class PageSize = page_size::native>
using at_level = in_storages<over_buffer<backing::verified<given_buffer, Level>, PageSize>, Level>;

}  // namespace quire::test
