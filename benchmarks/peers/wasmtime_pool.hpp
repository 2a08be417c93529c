// SPDX-License-Identifier: BSL-1.0
#pragma once
// Wasmtime's pooling allocator, in the settings that its C API offers, and the module whose instances live in it.
#include <cstddef>
#include <string>

#include "../memories.hpp"
#include "../wasmtime_engine.hpp"

namespace bench {

/// Of what both pools can hold.
struct pool_room {
  std::uint32_t slots;  // memories
  std::size_t maximum;  // bytes of each
};

/// A module whose memory has so many pages of WebAssembly at first; `touch` writes to so many pages of 4 KiB.
inline std::string module_with_memory(std::size_t pages, std::size_t most) {
  return "(module (memory " + std::to_string(pages) + " " + std::to_string(most) +
         ") "
         R"((func (export "touch") (param $pages i32) (local $page i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $page) (local.get $pages)))
      (i32.store8 (i32.shl (local.get $page) (i32.const 12)) (i32.const 1))
      (local.set $page (i32.add (local.get $page) (i32.const 1)))
      (br $next)))))
)";
}
inline constexpr const char* module_without_memory = R"((module (func (export "touch") (param i32))))";

/// Sets Wasmtime's own pool, which overwrites so much of a memory with zeros and gives the rest of it back.
inline auto with_own_pool(const wasmtime_library& library, pool_room room, std::size_t keep_resident) {
  return [&library, room, keep_resident](wasm_config_t* config) {
    wasmtime_pooling_allocation_config_t* const pool = library.pooling_new();
    library.total_memories_set(pool, room.slots);
    library.total_core_instances_set(pool, room.slots);
    library.max_memory_size_set(pool, room.maximum);
    library.linear_memory_keep_resident_set(pool, keep_resident);
    library.pooling_set(config, pool);
    library.pooling_delete(pool);
  };
}

/// A module with a memory of so many bytes, and one without, in an engine.
class wasmtime_modules {
 public:
  wasmtime_modules(const wasmtime_library& library, std::size_t bytes, std::size_t most_bytes, auto set)
      : engine_(library, set),
        with_(library, engine_.get(), module_with_memory(bytes / wasm_page, most_bytes / wasm_page).c_str()),
        without_(library, engine_.get(), module_without_memory) {}

  void live(std::size_t pages) const { wasmtime_instance(with_).call("touch", pages); }
  void live_without_memory(std::size_t pages) const { wasmtime_instance(without_).call("touch", pages); }

 private:
  wasmtime_engine engine_;
  wasmtime_module with_, without_;
};

}  // namespace bench
