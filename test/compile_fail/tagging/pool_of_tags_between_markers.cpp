// SPDX-License-Identifier: BSL-1.0
// expect: quire: a pool of tagged memories is bounds::uncommitted, and they do not start from images
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using bounds = quire::bounds::uncommitted;
#else
using bounds = quire::bounds::guard_markers;
#endif
using slots = quire::pool<tagged_by<quire::tagging::mte<>>, quire::recycling::zero_all, bounds>;

std::uint32_t slots_of(const slots& p) { return p.slots(); }
