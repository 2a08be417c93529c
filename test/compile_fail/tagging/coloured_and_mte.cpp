// SPDX-License-Identifier: BSL-1.0
// expect: contradict each other
#include <quire/all_of.hpp>
#include <quire/tagging/coloured.hpp>
#include <quire/tagging/mte.hpp>
#include <quire/tagging/named.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using other = quire::tagging::named<"slot">;
#else
using other = quire::tagging::mte<quire::tagging::mte_mode::synchronous, 0x0002>;
#endif

quire::all_of<quire::tagging::coloured<>, other> policies;
