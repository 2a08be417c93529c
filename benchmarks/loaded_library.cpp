// SPDX-License-Identifier: BSL-1.0
#include "loaded_library.hpp"

#include <dlfcn.h>

namespace bench {
namespace {

std::string reason() {
  const char* const told = dlerror();
  return told == nullptr ? "the dynamic linker gives no reason" : told;
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

}  // namespace bench
