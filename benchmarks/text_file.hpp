// SPDX-License-Identifier: BSL-1.0
#pragma once
// Small files of the kernel, which may be missing.
#include <fstream>
#include <string>

namespace bench {

/// Returns the first line of a file, or `otherwise`.
inline std::string first_line(const std::string& path, const std::string& otherwise = "") {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? line : otherwise;
}

/// Returns the rest of the first line that begins with `key`, without the separator; or `otherwise`.
inline std::string value_of(const std::string& path, const std::string& key, const std::string& otherwise = "") {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) {
      const auto begin = line.find_first_not_of(" \t:", key.size());
      return begin == std::string::npos ? "" : line.substr(begin);
    }
  return otherwise;
}

/// Returns the chosen word of a line such as "always [madvise] never".
inline std::string chosen_in(const std::string& line) {
  const auto begin = line.find('['), end = line.find(']');
  return begin == std::string::npos || end == std::string::npos ? line : line.substr(begin + 1, end - begin - 1);
}

}  // namespace bench
