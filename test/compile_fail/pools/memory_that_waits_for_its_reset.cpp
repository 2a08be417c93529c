// SPDX-License-Identifier: BSL-1.0
// expect: quire: a memory that is reset does not wait: use the recycling without deferred or batched
#include <quire/backing/recycled.hpp>
#include <quire/platform/linux.hpp>
#include <quire/recycling/deferred.hpp>
#include <quire/recycling/zero_all.hpp>

#ifdef CONTROL
using memory = quire::with_recycling<quire::linux_allocator, quire::recycling::zero_all>;
#else
using memory = quire::with_recycling<quire::linux_allocator, quire::recycling::deferred<quire::recycling::zero_all>>;
#endif

bool resets(memory& m) { return m.reset(quire::pages{1}).has_value(); }
