// SPDX-License-Identifier: BSL-1.0
// expect: the policies in all_of contradict each other
#include <quire/all_of.hpp>
#include <quire/platform/linux.hpp>
#include <quire/tagging/named.hpp>

#ifdef CONTROL
using joined = quire::all_of<quire::tagging::named<"heap">>;
#else
using joined = quire::all_of<quire::tagging::named<"heap">, quire::tagging::named<"stack">>;
#endif

quire::linux_allocator::with_tagging<joined> memory;
