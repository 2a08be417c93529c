// SPDX-License-Identifier: BSL-1.0
#pragma once
// How many mappings this process has, of those that the system permits.
#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>

#include "text_file.hpp"

namespace bench {

/// The lines of /proc/self/maps.
inline std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
}
inline std::size_t most_mappings() { return std::stoull(first_line("/proc/sys/vm/max_map_count", "65530")); }

}  // namespace bench
