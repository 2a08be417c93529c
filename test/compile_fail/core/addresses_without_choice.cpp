// SPDX-License-Identifier: BSL-1.0
// expect: quire: this placement policy needs a store that can reserve near an address
#include <quire/placement/near_to.hpp>
#include <quire/platform/linux.hpp>
#include <quire/platform/posix.hpp>

#ifdef CONTROL
using store = quire::backing::linux_mmap<>;
#else
using store = quire::backing::posix_mmap<>;
#endif

quire::posix_allocator::with_backing<store>::with_placement<quire::placement::near_to> memory{
    quire::placement::near_to{nullptr}};
