// SPDX-License-Identifier: BSL-1.0
#include "wasmtime_library.hpp"

#include "by_script.hpp"
#include "progress.hpp"
#include "settings.hpp"

namespace bench {
const std::expected<wasmtime_library, std::string>& obtain_wasmtime() {
  static const std::expected<wasmtime_library, std::string> obtained =
      [] -> std::expected<wasmtime_library, std::string> {
    const auto path = path_by_script(settings::fetch_wasmtime);
    if (!path) return std::unexpected(path.error());
    const wasmtime_library loaded{.from = loaded_library(path->c_str()), .version = version_in(*path)};
    if (!loaded.from.problem().empty()) return std::unexpected(loaded.from.problem());
    return loaded;
  }();
  return obtained;
}

const wasmtime_library* wasmtime_as_peer(report& r, const std::string& what, const std::string& configuration) {
  progress("fetching Wasmtime");
  const auto& library = obtain_wasmtime();
  if (!library) return r.leave_out(what, library.error()), nullptr;
  r.add(peer{"Wasmtime", library->version, configuration});
  return &*library;
}

}  // namespace bench

// The adapter's calls reach the loaded library; it is there when the adapter is used.

extern "C" {
void wasmtime_config_memory_init_cow_set(wasm_config_t* c, bool on) { bench::obtain_wasmtime()->init_cow_set(c, on); }
void wasmtime_config_memory_may_move_set(wasm_config_t* c, bool on) { bench::obtain_wasmtime()->may_move_set(c, on); }
void wasmtime_config_memory_reservation_set(wasm_config_t* c, std::uint64_t bytes) {
  bench::obtain_wasmtime()->reservation_set(c, bytes);
}
void wasmtime_config_memory_guard_size_set(wasm_config_t* c, std::uint64_t bytes) {
  bench::obtain_wasmtime()->guard_size_set(c, bytes);
}
void wasmtime_config_memory_reservation_for_growth_set(wasm_config_t* c, std::uint64_t bytes) {
  bench::obtain_wasmtime()->reservation_for_growth_set(c, bytes);
}
void wasmtime_config_host_memory_creator_set(wasm_config_t* c, wasmtime_memory_creator_t* creator) {
  bench::obtain_wasmtime()->creator_set(c, creator);
}
wasmtime_error_t* wasmtime_error_new(const char* text) { return bench::obtain_wasmtime()->error_new(text); }
}
