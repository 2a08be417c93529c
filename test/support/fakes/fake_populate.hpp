// SPDX-License-Identifier: BSL-1.0
#pragma once
// Provides populating advice, as Linux has it since 5.14, on earlier kernels: it brings pages in and keeps their
// contents.
#include <cstddef>
#include <unistd.h>

namespace quire::test {

/// Touches a page by way of a pipe: the kernel then returns an error where a direct access would raise a signal.
template <class Calls>
struct fake_populate : Calls {
  static int madvise(void* p, std::size_t bytes, int advice) noexcept {
    const int n = Calls::madvise(p, bytes, advice);
    const bool reads = advice == Calls::advice_populate_read, writes = advice == Calls::advice_populate_write;
    if (n != Calls::invalid || !(reads || writes)) return n;
    int ends[2];
    if (::pipe(ends) != 0) return Calls::no_memory;
    bool touched = true;
    for (std::size_t i = 0; i < bytes && touched; i += Calls::page_bytes())
      touched = touch(static_cast<std::byte*>(p) + i, writes, ends);
    ::close(ends[0]);
    ::close(ends[1]);
    return touched ? 0 : Calls::invalid;
  }

 private:
  /// For a read, the byte is read back from the pipe into another byte, so that the pipe never fills up.
  static bool touch(std::byte* page, bool writes, const int (&ends)[2]) noexcept {
    std::byte other;
    return ::write(ends[1], page, 1) == 1 && ::read(ends[0], writes ? page : &other, 1) == 1;
  }
};

}  // namespace quire::test
