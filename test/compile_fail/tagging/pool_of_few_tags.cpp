// SPDX-License-Identifier: BSL-1.0
// expect: quire: the slots of a pool need two even and two odd tags to choose from
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x001e>;
#else
using policy = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x000e>;
#endif
using slots = quire::pool<tagged_by<policy>, quire::recycling::zero_all>;

std::uint32_t slots_of(const slots& p) { return p.slots(); }
