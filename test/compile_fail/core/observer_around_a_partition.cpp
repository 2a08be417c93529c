// SPDX-License-Identifier: BSL-1.0
// expect: quire: an observer stands beside the system: .* go around with_observer
#include <quire/backing/observed.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/platform/linux.hpp>

struct observer {
  static void saw(const quire::observed_step&) noexcept {}
};

#ifdef CONTROL
using memory = quire::with_partition<quire::with_observer<quire::linux_allocator, observer>>;
#else
using memory = quire::with_observer<quire::with_partition<quire::linux_allocator>, observer>;
#endif

std::size_t size_of(const memory& m) { return m.size(); }
