// SPDX-License-Identifier: BSL-1.0
#pragma once
// Settings of a guest's kernel, read and written as files.
#include <cstddef>
#include <fstream>
#include <optional>
#include <string>

namespace quire::test {

/// Returns the first word of a file.
inline std::optional<std::string> setting_in(const std::string& path) {
  std::ifstream file{path};
  std::string word;
  return file >> word ? std::optional(word) : std::nullopt;
}
inline std::optional<std::size_t> number_at(const std::string& path) {
  std::ifstream file{path};
  std::size_t number = 0;
  return file >> number ? std::optional(number) : std::nullopt;
}

inline bool write_setting(const std::string& path, const std::string& value) {
  std::ofstream file{path};
  file << value << std::flush;
  return file.good();
}

/// Sets the number in a file until the end of the scope.
class number_set_to {
 public:
  number_set_to(std::string path, std::size_t number) : path_(std::move(path)), before_(number_at(path_).value_or(0)) {
    done_ = write_setting(path_, std::to_string(number)) && number_at(path_) == number;
  }
  number_set_to(const number_set_to&) = delete;
  number_set_to& operator=(const number_set_to&) = delete;
  ~number_set_to() { write_setting(path_, std::to_string(before_)); }

  [[nodiscard]] explicit operator bool() const { return done_; }

 private:
  std::string path_;
  std::size_t before_;
  bool done_;
};

}  // namespace quire::test
