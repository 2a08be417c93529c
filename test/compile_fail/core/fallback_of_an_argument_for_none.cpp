// SPDX-License-Identifier: BSL-1.0
// expect: no candidate of this fallback takes the argument
#include <quire/fallback.hpp>
#include <quire/placement/prefer.hpp>

#include "bare_store.hpp"

using plain = quire::page_allocator<bare_store, quire::protection::unguarded, quire::tagging::untagged,
                                    quire::page_size::native, quire::placement::anywhere>;
#ifdef CONTROL
quire::fallback<plain, plain> a{plain::limits{plain::pages{4}}};
#else
quire::fallback<plain, plain> a{quire::placement::prefer{.node = 0}};
#endif
