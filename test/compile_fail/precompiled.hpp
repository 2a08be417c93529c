// SPDX-License-Identifier: BSL-1.0
// What most of the cases include, compiled once.
#include <quire/arena_resource.hpp>
#include <quire/jit_memory.hpp>
#include <quire/pool.hpp>
#include <quire/quire.hpp>
#include <quire/region_allocator.hpp>
#include <quire/stack_pool.hpp>
