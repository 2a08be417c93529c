// SPDX-License-Identifier: BSL-1.0
#pragma once
// What Quire is measured beside and what every build has: the release that runs, and how it is set.
#include <gnu/libc-version.h>

#include <algorithm>
#include <boost/version.hpp>
#include <string>

#include "report.hpp"
#include "settings.hpp"

namespace bench::peers {

inline peer glibc() {
  return {"glibc", gnu_get_libc_version(), "malloc, calloc, realloc and free with their defaults"};
}

inline peer standard_library(const std::string& configuration) {
  return {"libstdc++", "of GCC " + std::to_string(_GLIBCXX_RELEASE), configuration};
}

inline peer boost(const std::string& configuration) {
  std::string version = BOOST_LIB_VERSION;
  std::replace(version.begin(), version.end(), '_', '.');
  return {"Boost", version, configuration};
}

inline peer wabt() { return {"wabt", settings::wabt_version, "wasm2c, with the run-time library of its package"}; }

}  // namespace bench::peers
