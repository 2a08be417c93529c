// SPDX-License-Identifier: BSL-1.0
#pragma once
// The stores and guards that the placement and guard cases test: the library's own.
#include <tuple>

#include <quire/backing/linux_mmap.hpp>
#include <quire/calls/linux.hpp>
#include <quire/protection/guarded.hpp>

#include "support/stores.hpp"

namespace quire::test {

/// The second store maps again when it commits and decommits, as some systems must, and so has to configure its pages
/// again.
using stores_in_question = std::tuple<backing::linux_mmap<>, remapping<backing::linux_mmap<>>>;

}  // namespace quire::test
