// SPDX-License-Identifier: BSL-1.0
// expect: quire: neighbours in a pool have different tags by themselves: use tagging::mte<>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>
#include <quire/tagging/coloured.hpp>
#include <quire/tagging/mte.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::tagging::mte<>;
#else
using policy = quire::tagging::coloured<>;
#endif
using slots = quire::pool<tagged_by<policy>, quire::recycling::zero_all>;

std::uint32_t slots_of(const slots& p) { return p.slots(); }
