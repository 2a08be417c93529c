// SPDX-License-Identifier: BSL-1.0
// expect: has no member named .allocate_from|no member named 'allocate_from'
#include <quire/backing/imaged.hpp>
#include <quire/platform/linux.hpp>

using starting = quire::with_images<quire::linux_allocator>;
#ifdef CONTROL
using memory = starting;
#else
using memory = quire::linux_allocator;
#endif

bool start(memory& m, const starting::image& from) { return m.allocate_from(from, 0, quire::pages{1}).has_value(); }
