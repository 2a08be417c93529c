// SPDX-License-Identifier: BSL-1.0
// A memory on a 32-bit RISC-V without an operating system; so far it is only compiled.
#include <cstddef>

#include <quire/backing/static_buffer.hpp>
#include <quire/backing/verified.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

namespace {

constexpr auto level = quire::verification::critical;
constinit quire::static_storage<4096, level> storage;
using store = quire::backing::verified<quire::backing::static_buffer<storage>, level>;
using memory =
    quire::page_allocator<store, quire::protection::unguarded, quire::tagging::untagged,
                          quire::page_size::in_units_of<256>, quire::placement::anywhere, quire::residency::on_demand>;

}  // namespace

extern "C" int live(std::size_t first, std::size_t more) {
  memory m;
  if (!m.allocate(memory::pages{first})) return 1;
  if (!m.grow(memory::pages{more})) return 2;
  return m.deallocate(m.data(), m.size()) ? 0 : 3;
}
