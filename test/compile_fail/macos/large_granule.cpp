// SPDX-License-Identifier: BSL-1.0
// expect: quire: purgeable granules and blocks are no larger than a page
#include "models/macos/configs.hpp"

#ifdef CONTROL
using pages = quire::page_size::in_units_of<262144>;
#else
using pages = quire::page_size::native;
#endif

using purgeable = quire::residency::purgeable<262144>;
quire::page_allocator<quire::backing::mach_vm<quire::test::mach_model>, quire::protection::guarded<>,
                      quire::tagging::untagged, pages, quire::placement::anywhere, purgeable>
    memory;
