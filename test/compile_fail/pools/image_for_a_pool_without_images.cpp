// SPDX-License-Identifier: BSL-1.0
// expect: quire: memories of this pool cannot start from an image: its first argument is to be quire::with_images<A>
#include <quire/backing/imaged.hpp>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>

using started = quire::pool<quire::with_images<quire::linux_allocator>, quire::recycling::zero_all>;
#ifdef CONTROL
using slots = started;
#else
using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_all>;
#endif

bool starts(slots& p, const started::memory::image& from) {
  return p.acquire_from(from, 0, quire::pages{1}).has_value();
}
