// SPDX-License-Identifier: BSL-1.0
// expect: a heap computes with addresses, and keeps bits of its own in them: no tagged memory
#include <quire/heap/memkind.hpp>
#include <quire/tagging/mte.hpp>

#include "compile_fail/tagging/tagging_store.hpp"

#ifdef CONTROL
using memory = quire::linux_allocator;
#else
using memory = tagged_by<quire::tagging::mte<>>;
#endif

quire::heap::memkind_heap<memory> heap;
