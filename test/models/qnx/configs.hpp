// SPDX-License-Identifier: BSL-1.0
#pragma once
// The typedefs of QNX on its model, as test configs.
#include <cstddef>

#include <quire/backing/qnx_typed_memory.hpp>
#include <quire/platform/qnx.hpp>
#include <quire/units.hpp>

#include "models/qnx/model/model.hpp"
#include "support/test_configs.hpp"

namespace quire::test {

/// A release whose mprotect takes no memory. Its compiler has no C++23, but the recipe for it is tested all the same.
template <class Calls = calls::qnx>
struct before_sdp_8 : Calls {
  static constexpr bool protect_commits = false;
};

[[nodiscard]] inline qnx_model::machine machine_with(std::size_t page, int release = 800) {
  return {.page = page, .release = release, .ram = 24_GiB, .pools = {{"/memory/video", 256_MiB}}};
}

template <class A>
struct on_qnx : plain<A> {
  static constexpr int release = 800;
  static constexpr std::size_t memory = 24_GiB;  // that the model can provide
  static constexpr bool falls_back = false;      // no other policy steps in if a call fails
};
template <class A>
struct on_qnx_7 : on_qnx<A> {
  static constexpr int release = 710;
};

/// Takes memory from the pool that every machine of the tests has.
template <class A, backing::typed_run Run = backing::typed_run::scattered>
struct on_pool : on_qnx<A> {
  static constexpr std::size_t memory = 256_MiB;
  template <class... Limits>
  static A make(Limits... limits) noexcept {
    using store = typename A::backing_type;
    static const auto pool = store::pool::open("video", Run);
    return A{store{*pool}, limits...};
  }
};

/// Calls `f` for each page size that QNX may have, on a machine of the config's release.
template <class M, class F>
void on_each_page_size(F f) {
  for (const std::size_t page : {4_KiB, 16_KiB, 64_KiB}) {
    qnx_model::boot(machine_with(page, M::release));
    f(page);
  }
}

}  // namespace quire::test
