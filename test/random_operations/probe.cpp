// SPDX-License-Identifier: BSL-1.0
#include "random_operations/probe.hpp"

#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace quire::test::sequences {

access_probe::access_probe() {
  if (::pipe(ends_) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
}

access_probe::~access_probe() {
  ::close(ends_[0]);
  ::close(ends_[1]);
}

bool access_probe::can_read(const std::byte* p) const {
  std::byte taken;
  return ::write(ends_[1], p, 1) == 1 && ::read(ends_[0], &taken, 1) == 1;
}

bool access_probe::can_write(std::byte* p) const {
  std::byte taken;
  if (::write(ends_[1], p, 1) != 1) return false;
  if (::read(ends_[0], p, 1) == 1) return true;
  (void)!::read(ends_[0], &taken, 1);
  return false;
}

}  // namespace quire::test::sequences
