#pragma once
// What the cases on placement and guards are about: the library's own stores and guards.
#include <tuple>

#include <quire/backing/linux_mmap.hpp>
#include <quire/calls/linux.hpp>
#include <quire/protection/guarded.hpp>

#include "support/stores.hpp"

namespace quire::test {

/// The second one maps again when it commits and decommits, as some systems must: what was said of its pages has to be
/// said again.
using stores_in_question = std::tuple<backing::linux_mmap<>, remapping<backing::linux_mmap<>>>;

}  // namespace quire::test
