// SPDX-License-Identifier: BSL-1.0
#pragma once
// jemalloc. It is loaded: a program that is linked with its library has its malloc as well.
#include <cstddef>
#include <string>

#include "../loaded_library.hpp"
#include "../peer_failure.hpp"

namespace bench {

struct jemalloc_library {
  // Its thread-local storage is larger than what the dynamic linker keeps free, unless the tunable
  // glibc.rtld.optional_static_tls says otherwise, as ./dev bench does.
  loaded_library from{"libjemalloc.so.2"};

  int (*control)(const char* name, void* old, std::size_t* old_bytes, void* now,
                 std::size_t now_bytes) = from["mallctl"];
  void* (*allocate)(std::size_t bytes, int flags) = from["mallocx"];
  void (*release)(void*, std::size_t bytes, int flags) = from["sdallocx"];

  static constexpr int no_cache = 1 << 8;  // MALLOCX_TCACHE_NONE
  static constexpr int in_arena(unsigned index) { return static_cast<int>(index + 1) << 20; }

  [[nodiscard]] std::string version() const {
    const char* text = "";
    std::size_t bytes = sizeof text;
    (void)control("version", &text, &bytes, nullptr, 0);
    return std::string(text).substr(0, std::string(text).find('-'));
  }
  [[nodiscard]] unsigned new_arena() const {
    unsigned index = 0;
    std::size_t bytes = sizeof index;
    if (control("arenas.create", &index, &bytes, nullptr, 0) != 0)
      throw peer_failure("jemalloc", "arenas.create fails");
    return index;
  }
};

}  // namespace bench
