// SPDX-License-Identifier: BSL-1.0
// The whole lifecycle of a memory in a Tock application, as small as a program can be: its size is the cost of the
// code.
#include <cstddef>

#include <quire/backing/verified.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/platform/tock.hpp>

namespace {

constexpr auto level = quire::verification::QUIRE_LEVEL;
constinit quire::static_storage<4096, level> storage;

using store = quire::backing::verified<quire::backing::app_memory<quire::backing::static_buffer<storage>>, level>;
using memory = quire::tock_allocator::with_page_size<quire::page_size::in_units_of<256>>::with_backing<store>;

}  // namespace

/// Returns 0, or the number of the step that failed.
extern "C" int live(std::size_t first, std::size_t more) {
  memory m;
  if (!m.allocate(memory::pages{first})) return 1;
  if (!m.grow(memory::pages{more})) return 2;
  return m.deallocate(m.data(), m.size()) ? 0 : 3;
}
