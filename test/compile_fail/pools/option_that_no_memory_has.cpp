// SPDX-License-Identifier: BSL-1.0
// expect: quire: an argument is none of the policies of this pool's memories
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>

bool opens(quire::pool<quire::linux_allocator, quire::recycling::decommit>& p) {
#ifdef CONTROL
  return p.open({.slots = 1, .maximum = quire::pages{4}}).has_value();
#else
  return p.open({.slots = 1, .maximum = quire::pages{4}}, quire::limits{quire::pages{1}}).has_value();
#endif
}
