// SPDX-License-Identifier: BSL-1.0
// expect first: a policy or store of this typedef holds data: give the adapter a function or a source
#include <expected>
#include <optional>
#include <quire/engine/wasmtime.hpp>
#include <quire/quire.hpp>

using memory = quire::wasm_linux_allocator::with_placement<quire::placement::prefer>;

#ifdef CONTROL
struct node_0 {
  static quire::result<memory> acquire(quire::pages initial, std::optional<quire::pages> maximum) noexcept {
    memory made{quire::placement::prefer{.node = 0}};
    if (const auto done = made.allocate(initial, maximum); !done) return std::unexpected(done.error());
    return made;
  }
};
node_0 source;
void set(wasm_config_t* config) { quire::engine::wasmtime_memory<memory>::install(config, source); }
#else
void set(wasm_config_t* config) { quire::engine::wasmtime_memory<memory>::install(config); }
#endif
