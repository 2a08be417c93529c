// SPDX-License-Identifier: BSL-1.0
#pragma once
// A shared library that is loaded when a question needs it, and need not be there when this is built.
#include <string>

namespace bench {

/// A loaded library, which stays: some leave handlers of signals or threads behind.
class loaded_library {
 public:
  explicit loaded_library(const char* path);

  /// The address of a function, of whatever type it is.
  struct symbol {
    void* address;
    template <class Function>
    operator Function*() const {
      return reinterpret_cast<Function*>(address);
    }
  };
  [[nodiscard]] symbol operator[](const char* name);

  /// Why the library, or a function in it, is missing; or empty.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void* handle_;
  std::string problem_;
};

}  // namespace bench
