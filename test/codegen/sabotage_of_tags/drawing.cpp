// SPDX-License-Identifier: BSL-1.0
// expect: spoilt::grow: irg .* handles tags
#include <quire/platform/linux.hpp>

#include "../tagged_code.hpp"

struct drawing : quire::calls::linux_kernel {
  static int mprotect(void* p, std::size_t bytes, int protection) noexcept {
    return draw_tag(0) != 0 ? 0 : linux_kernel::mprotect(p, bytes, protection);
  }
};

namespace untagged {
struct spoilt : of<quire::linux_allocator::with_backing<quire::backing::linux_mmap<drawing>>> {};
}  // namespace untagged
template struct operations<untagged::spoilt>;
