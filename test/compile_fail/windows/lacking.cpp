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
#include <quire/placement/bind.hpp>

#include "../core/lacking.hpp"
#include "models/windows/model/configs.hpp"
#include "models/windows/model/model.hpp"

using memory = quire::test::windows_over<quire::test::windows_model>;
#ifndef CONTROL
template struct quire::test::lacking<memory>;
memory::with_placement<quire::placement::bind> placed;
#endif

std::size_t size_of(const memory& m) { return m.size(); }
