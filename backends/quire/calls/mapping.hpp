#pragma once

namespace quire::calls {

/// What mmap gives: an address, or why there is none.
struct mapping {
  void* address;
  int error;
};

}  // namespace quire::calls
