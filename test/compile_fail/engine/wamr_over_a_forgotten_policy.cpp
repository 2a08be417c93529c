// SPDX-License-Identifier: BSL-1.0
// expect first: a policy or store of this typedef holds data: give the adapter a function or a source
#include <quire/engine/wamr.hpp>
#include <quire/quire.hpp>

using allocator = quire::wasm_linux_allocator::with_placement<quire::placement::prefer>;

#ifdef CONTROL
allocator on_node_0() noexcept { return allocator{quire::placement::prefer{.node = 0}}; }
using memory = quire::engine::wamr_memory<allocator, on_node_0>;
#else
using memory = quire::engine::wamr_memory<allocator>;
#endif

void set(RuntimeInitArgs& args) { memory::install(args); }
