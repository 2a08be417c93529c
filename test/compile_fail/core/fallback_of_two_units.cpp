// SPDX-License-Identifier: BSL-1.0
// expect: the candidates of a fallback count in pages of one unit
#include <quire/fallback.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/page_size/native.hpp>

#include "bare_store.hpp"

using plain = quire::page_allocator<bare_store, quire::protection::unguarded, quire::tagging::untagged,
                                    quire::page_size::native, quire::placement::anywhere>;
#ifdef CONTROL
using other = plain;
#else
using other = plain::with_page_size<quire::page_size::in_units_of<4096>>;
#endif
quire::fallback<plain, other> a;
