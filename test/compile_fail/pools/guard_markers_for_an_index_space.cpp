// SPDX-License-Identifier: BSL-1.0
// expect: quire: guard markers cannot keep an index space: use protection::guarded
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/decommit.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::linux_allocator, quire::recycling::decommit, quire::bounds::guard_markers>;
#else
using slots = quire::pool<quire::wasm_linux_allocator, quire::recycling::decommit, quire::bounds::guard_markers>;
#endif

std::uint32_t slots_of(const slots& p) { return p.slots(); }
