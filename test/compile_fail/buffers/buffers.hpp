// SPDX-License-Identifier: BSL-1.0
#pragma once
// Memories over a buffer, for these cases.
#include <quire/backing/static_buffer.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

template <class Store, std::size_t Unit = 65536>
using memory_over =
    quire::page_allocator<Store, quire::protection::unguarded, quire::tagging::untagged,
                          quire::page_size::in_units_of<Unit>, quire::placement::anywhere, quire::residency::on_demand>;
