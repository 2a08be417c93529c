#pragma once
// Linux as since 5.14, on kernels before: pages are brought in by advice, and contents stay.
#include <cstddef>
#include <unistd.h>

namespace quire::test {

/// A page comes by way of a pipe: the kernel says of a page that cannot be touched what a touch would die of.
template <class Calls>
struct pretended_populate : Calls {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    const int n = Calls::madvise(p, bytes, advice);
    const bool reads = advice == Calls::advice_populate_read, writes = advice == Calls::advice_populate_write;
    if (n != Calls::invalid || !(reads || writes)) return n;
    for (std::size_t i = 0; i < bytes; i += Calls::page_bytes())
      if (!touch(static_cast<std::byte*>(p) + i, writes)) return Calls::invalid;
    return 0;
  }

 private:
  static bool touch(std::byte* page, bool writes) noexcept {
    int ends[2];
    if (::pipe(ends) != 0) return false;
    const bool touched = ::write(ends[1], page, 1) == 1 && (!writes || ::read(ends[0], page, 1) == 1);
    ::close(ends[0]);
    ::close(ends[1]);
    return touched;
  }
};

}  // namespace quire::test
