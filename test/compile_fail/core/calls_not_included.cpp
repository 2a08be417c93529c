// SPDX-License-Identifier: BSL-1.0
// expect: include quire/calls/linux.hpp, or a platform header
#include <quire/backing/linux_mmap.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>
#ifdef CONTROL
#include <quire/calls/linux.hpp>
#endif

quire::page_allocator<quire::backing::linux_mmap<>, quire::protection::guarded<>, quire::tagging::untagged,
                      quire::page_size::native, quire::placement::anywhere>
    memory;
