// SPDX-License-Identifier: BSL-1.0
// expect: quire: images go around a partition: with_images<with_partition<A>>
#include <quire/backing/imaged.hpp>
#include <quire/backing/partitioned.hpp>
#include <quire/platform/linux.hpp>

#ifdef CONTROL
using memory = quire::with_images<quire::with_partition<quire::linux_allocator>>;
#else
using memory = quire::with_partition<quire::with_images<quire::linux_allocator>>;
#endif

std::size_t size_of(const memory& m) { return m.size(); }
