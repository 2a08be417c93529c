// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is tested on boards.
#include <cstddef>

#include <quire/backing/verified.hpp>
#include <quire/platform/cortex_m.hpp>
#include <quire/protection/unguarded.hpp>

#include "boards/board_environment.hpp"
#include "support/test_configs.hpp"

namespace quire::test {

/// Over a buffer that it gets when it is made, as each object needs another.
template <class Store, class Protection, std::size_t Unit>
using over_storage = page_allocator<Store, Protection, tagging::untagged, page_size::in_units_of<Unit>,
                                    placement::anywhere, residency::on_demand>;

template <class A>
struct on_board : plain<A> {
  template <class... Limits>
  static A make(Limits... limits) noexcept {
    static unsigned turn = 0;
    return A{backing::static_buffer{storages[turn++ % 2]}, limits...};
  }
};

using guarded_store = backing::cortex_m<backing::static_buffer<>, calls::cortex_m, page_bytes>;
/// As cortex_m_allocator has it: its page, and a unit below it.
using guarded = on_board<over_storage<guarded_store, protection::guarded<1, 1>, page_bytes>>;
using guarded_by_bytes = on_board<over_storage<guarded_store, protection::guarded<1, 1>, 1>>;
using without_mpu = on_board<over_storage<backing::static_buffer<>, protection::unguarded, 64>>;
using distrusted = on_board<
    over_storage<backing::verified<backing::static_buffer<>, verification::critical>, protection::unguarded, 64>>;

}  // namespace quire::test
