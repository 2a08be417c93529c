// SPDX-License-Identifier: BSL-1.0
// expect: quire: memories of this pool have no protection keys: its third argument is to be quire::bounds::key_stripes<>
#include <quire/platform/linux.hpp>
#include <quire/pool.hpp>
#include <quire/recycling/zero_all.hpp>

#ifdef CONTROL
using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_all, quire::bounds::key_stripes<>>;
#else
using slots = quire::pool<quire::linux_allocator, quire::recycling::zero_all>;
#endif

void clear(slots::memory& m) {
  [[maybe_unused]] const auto entered = slots::enter(m);
  m.data()[0] = std::byte{0};
}
