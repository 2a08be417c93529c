// SPDX-License-Identifier: BSL-1.0
// expect: quire: an observer is an empty type with `static void saw
#include <quire/backing/observed.hpp>
#include <quire/platform/linux.hpp>

struct observer {
#ifdef CONTROL
  static void saw(const quire::observed_step&) noexcept {}
#else
  static void saw(const quire::observed_step&) {}
#endif
};

quire::with_observer<quire::linux_allocator, observer> memory;
