// SPDX-License-Identifier: BSL-1.0
#pragma once
// Numbers in titles.
#include <cstddef>
#include <string>

namespace bench {

inline std::string several(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace bench
