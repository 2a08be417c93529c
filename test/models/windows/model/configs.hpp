// SPDX-License-Identifier: BSL-1.0
#pragma once
// The typedefs of platform/windows.hpp over any calls of Windows: those of the model, or those of the system.
#include <quire/backing/windows_virtual.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/residency/populated.hpp>
#include <quire/tagging/untagged.hpp>

#include "support/page_units.hpp"
#include "support/test_configs.hpp"

namespace quire::test {

template <class Calls>
using windows_over = page_allocator<backing::windows_virtual<Calls>, protection::guarded<>, tagging::untagged,
                                    page_size::native, placement::anywhere, residency::on_demand>;

/// Bases aligned to 2 MiB, more than the system's own alignment.
struct at_two_megabytes : page_size::native {
  static constexpr void shape(geometry& g) noexcept { g.want_alignment(std::size_t{2} << 20); }
};

}  // namespace quire::test
