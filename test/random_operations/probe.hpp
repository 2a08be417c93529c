// SPDX-License-Identifier: BSL-1.0
#pragma once
// Asks the kernel whether a byte can be read or written: a system call returns EFAULT where a direct access would raise
// a signal.
#include <cstddef>

namespace quire::test::sequences {

class access_probe {
 public:
  access_probe();
  access_probe(const access_probe&) = delete;
  access_probe& operator=(const access_probe&) = delete;
  ~access_probe();

  [[nodiscard]] bool can_read(const std::byte* p) const;
  /// Does not change the byte.
  [[nodiscard]] bool can_write(std::byte* p) const;

 private:
  int ends_[2];
};

}  // namespace quire::test::sequences
