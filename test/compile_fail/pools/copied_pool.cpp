// SPDX-License-Identifier: BSL-1.0
// expect: use of deleted function|call to deleted constructor|implicitly-deleted
#include <utility>

#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>

using slots = quire::pool<quire::linux_allocator, quire::recycling::decommit>;
#ifdef CONTROL
slots taken_from(slots& p) { return std::move(p); }
#else
slots taken_from(slots& p) { return p; }
#endif
