#pragma once

namespace quire::calls {

/// The result of mmap: an address, or why there is none.
struct mapping {
  void* address;
  int error;
};

}  // namespace quire::calls
