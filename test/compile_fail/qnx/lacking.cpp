// SPDX-License-Identifier: BSL-1.0
// expect: needs a store that takes advice on huge pages
// expect: needs a store with a pool of huge pages of that size
// expect: needs a store over hardware that checks tags
// expect: needs a store that can name its mappings
// expect: needs a store whose mappings take a VM tag
// expect: needs a store that can tell how much memory is left
// expect: can leave pages out of core dumps
// expect: can leave pages out of child processes
// expect: this placement policy needs a store that can place pages on NUMA nodes
// expect: can tell whether purged contents survived
#include <quire/placement/prefer.hpp>
#include <quire/platform/qnx.hpp>
#include <quire/residency/purgeable.hpp>

#include "../core/lacking.hpp"

using memory = quire::qnx_allocator;
#ifndef CONTROL
template struct quire::test::lacking<memory>;
memory::with_placement<quire::placement::prefer> placed;
memory::with_residency<quire::residency::purgeable<>> volatile_memory;
#endif

std::size_t size_of(const memory& m) { return m.size(); }
