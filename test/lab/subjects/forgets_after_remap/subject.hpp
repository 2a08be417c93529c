// SPDX-License-Identifier: BSL-1.0
#pragma once
// A fault that the lab has to notice: commit and decommit map again, which loses the placement, and do not restore it.
#include <tuple>

#include <quire/backing/linux_mmap.hpp>
#include <quire/calls/linux.hpp>

#include "support/stores.hpp"

namespace quire::test {

struct forgetful : remapping<backing::linux_mmap<>> {
  static constexpr store_traits traits = backing::linux_mmap<>::traits;
};

using stores_in_question = std::tuple<forgetful>;

}  // namespace quire::test
