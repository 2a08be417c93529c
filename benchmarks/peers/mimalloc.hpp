// SPDX-License-Identifier: BSL-1.0
#pragma once
// mimalloc. It is loaded: a program that is linked with its library has its malloc as well.
#include <cstddef>
#include <string>

#include "../loaded_library.hpp"

namespace bench {

struct mimalloc_library {
  loaded_library from{"libmimalloc.so"};  // releases 2 and 3 have what is used here

  int (*version_number)() = from["mi_version"];
  void* (*heap_new)() = from["mi_heap_new"];
  void (*heap_destroy)(void* heap) = from["mi_heap_destroy"];
  void* (*heap_malloc)(void* heap, std::size_t bytes) = from["mi_heap_malloc"];
  void* (*malloc)(std::size_t bytes) = from["mi_malloc"];
  void (*free)(void*) = from["mi_free"];

  /// Its number has a digit for each of the last two parts, or two digits since they are more than nine.
  [[nodiscard]] std::string version() const {
    const int number = version_number(), each = number < 10'000 ? 10 : 100;
    return std::to_string(number / each / each) + "." + std::to_string(number / each % each) + "." +
           std::to_string(number % each);
  }
};

}  // namespace bench
