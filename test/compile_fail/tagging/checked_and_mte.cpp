// SPDX-License-Identifier: BSL-1.0
// expect: tags are checked by hardware or by a tag registry, not by both
#include <quire/all_of.hpp>
#include <quire/tagging/checked.hpp>
#include <quire/tagging/mte.hpp>
#include <quire/tagging/named.hpp>

#include "tagging_store.hpp"

#ifdef CONTROL
using policy = quire::all_of<quire::tagging::mte<>, quire::tagging::named<"text">>;
#else
using policy = quire::all_of<quire::tagging::mte<>, quire::tagging::checked<>>;
#endif

tagged_by<policy> memory;
