// SPDX-License-Identifier: BSL-1.0
#include "wasmtime_library.hpp"

#include <dlfcn.h>

#include <cstdio>

#include "memories.hpp"
#include "settings.hpp"

namespace bench {
namespace {

std::string reason() {
  const char* const told = dlerror();
  return told == nullptr ? "the dynamic linker gives no reason" : told;
}

/// The path of the library, which the script prints as its last line; or else its last line is the reason.
std::expected<std::string, std::string> fetch_library() {
  std::FILE* const script = popen((std::string(settings::fetch_wasmtime) + " 2>&1").c_str(), "r");
  if (script == nullptr) stop("fetch_wasmtime.py");
  char line[4096];
  std::string last = "fetch_wasmtime.py prints nothing";
  while (std::fgets(line, sizeof line, script) != nullptr) last = line;
  if (last.ends_with('\n')) last.pop_back();
  if (pclose(script) != 0) return std::unexpected(last);
  return last;
}

/// The library has the name of the package that it came in: wasmtime-50.0.1-py3-….
std::string version_in(const std::string& path) {
  const std::size_t begin = path.find('-', path.rfind('/')) + 1;
  return path.substr(begin, path.find('-', begin) - begin);
}

}  // namespace

loaded_library::loaded_library(const char* path) : handle_(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) problem_ = reason();
}

loaded_library::symbol loaded_library::operator[](const char* name) {
  if (handle_ == nullptr) return {nullptr};
  void* const found = dlsym(handle_, name);
  if (found == nullptr && problem_.empty()) problem_ = reason();
  return {found};
}

const std::expected<wasmtime_library, std::string>& obtain_wasmtime() {
  static const std::expected<wasmtime_library, std::string> obtained =
      [] -> std::expected<wasmtime_library, std::string> {
    const auto path = fetch_library();
    if (!path) return std::unexpected(path.error());
    const wasmtime_library loaded{.from = loaded_library(path->c_str()), .version = version_in(*path)};
    if (!loaded.from.problem().empty()) return std::unexpected(loaded.from.problem());
    return loaded;
  }();
  return obtained;
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
