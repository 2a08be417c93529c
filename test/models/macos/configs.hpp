// SPDX-License-Identifier: BSL-1.0
#pragma once
// The typedefs of macOS over other calls: those of the model, with or without a watcher before them.
#include <quire/all_of.hpp>
#include <quire/backing/imaged.hpp>
#include <quire/backing/mach_vm.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/locked.hpp>
#include <quire/residency/not_inherited.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/residency/populated.hpp>
#include <quire/residency/purgeable.hpp>
#include <quire/tagging/untagged.hpp>
#include <quire/tagging/vm_tag.hpp>

#include "models/macos/model/model.hpp"
#include "support/page_units.hpp"
#include "support/test_configs.hpp"

namespace quire::test {

template <class Calls>
using macos_over = page_allocator<backing::mach_vm<Calls>, protection::guarded<>, tagging::untagged, page_size::native,
                                  placement::anywhere, residency::on_demand>;
using modelled = macos_over<mach_model>;

}  // namespace quire::test
